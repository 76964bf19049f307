from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.vocabulary.losses import Owner
from literal import literal

# Three copies without a pause on stream 13. Each product on stream 7 waits on the event of the copy before it.
PIPELINE = """
s13 h2d 100-1100 @1; s13 h2d 1101-2100 @10; s13 h2d 2101-3100 @20
s7 k 150-400 @5; call cudaStreamWaitEvent 11-12; s7 k 1110-1400 @15; call cudaStreamWaitEvent 21-22; s7 k 2110-2400 @25
"""


def copies(text: str) -> list[tuple[str, int, int]]:
    losses = account_of(Scope(literal(text)), 0).loss(Owner.COPY)
    return [(loss.cause, loss.ns, loss.at_most_ns) for loss in losses]


def test_copies_that_follow_each_other_while_compute_waits_for_them_are_the_limit():
    found = copies(PIPELINE)
    assert found[0] == ("copy_bound", (1110 - 400 - 1) + (2110 - 1400 - 1), 1418)
    assert [cause for cause, _, _ in found[1:]] == ["no_compute_left"]


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("s13 h2d 1101-2100 @10;", ""),  # two copies may be the inputs of one kernel
        ("2101-3100 @20", "12101-13100 @20"),  # the engine rested for longer than a start takes
        ("s13 h2d 2101-3100 @20", ""),  # no copy follows the last
        ("call cudaStreamWaitEvent 11-12;", ""),  # nothing says that compute waited
        ("s7 k 150-400 @5", "s7 k 50-90 @5"),  # the copies began after that compute
        ("@15", "@1105"),  # the host was late
    ],
)
def test_it_is_silent_where_any_of_this_is_missing(change, to):
    changed = PIPELINE.replace(change, to)
    assert changed != PIPELINE
    first = copies("".join(changed.splitlines(keepends=True)[:2]) + changed.splitlines()[2].rpartition("call")[0])
    assert "copy_bound" not in [cause for cause, _, _ in first]


def test_a_memset_between_the_wait_and_the_launch_does_not_hide_the_wait():
    split_k = PIPELINE.replace("s7 k 1110-1400 @15", "s7 memset 1102-1104 @14; s7 k 1110-1400 @15")
    assert copies(split_k)[0][0] == "copy_bound"
