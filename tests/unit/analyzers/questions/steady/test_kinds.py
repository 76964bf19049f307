from __future__ import annotations

from itertools import count

import pytest

from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.questions.steady.kinds import kinds, repeat
from literal import literal


def kinds_of(*steps):
    """The kinds of steps, each as the names of what it launches, renamed to letters in the order in which they come."""
    lines, at = [], count(0, 10)
    for operations in steps:
        begin = None
        for name in operations:
            now = next(at)
            begin = now if begin is None else begin
            lines.append(f"k {now + 5}-{now + 10} @{now} name={name}")
        lines.append(f"range step {begin}-{next(at)}")
    scope = Scope(literal("\n".join(lines)))
    found = kinds(scope, "step")
    letters = {kind: "ABCDEFGH"[place] for place, kind in enumerate(dict.fromkeys(found.kind.tolist()))}
    assert found.operations.tolist() == [len(operations) for operations in steps]
    return "".join(letters[kind] for kind in found.kind.tolist()), repeat(scope, "step")


TRAIN = [*"fffbbbo"]
EVALUATE = [*"fff"]


def test_training_and_evaluation():
    assert kinds_of(TRAIN, TRAIN, TRAIN, EVALUATE, TRAIN, TRAIN, EVALUATE) == ("AAABAAB", True)


def test_prefill_between_decoding():
    assert kinds_of([*"ddd"], [*"ddd"], [*"ppp"], [*"ddd"])[0] == "AABA"


def test_steps_that_accumulate():
    accumulate, update = [*"ffbbb"], [*"ffbbboooo"]
    assert kinds_of(update, accumulate, accumulate, accumulate, update, accumulate)[0] == "ABBBAB"


@pytest.mark.parametrize(("more", "kind"), [(2, "AAAA"), (3, "AAAB")])
def test_counts_may_differ_by_a_tenth(more, kind):
    assert kinds_of(*[["a"] * 20] * 3, ["a"] * (20 + more))[0] == kind


def test_numbers_in_names_do_not_make_a_kind_so_varying_lengths_are_one():
    sizes = [[f"gemm_{size}x{size}_tn", f"softmax<{size}>"] for size in (64, 128, 256, 512)]
    assert kinds_of(*sizes)[0] == "AAAA"


@pytest.mark.parametrize(
    ("copied", "kinds_found"), [("d2h size=16", 1), ("d2h size=17", 2), ("h2d size=4", 2), ("d2h", 2)]
)
def test_a_step_that_reads_a_value_back_is_no_other_kind(copied, kinds_found):
    lines = [f"range step {10 * n}-{10 * n + 9}\nk {10 * n}-{10 * n + 5} @{10 * n}" for n in range(6)]
    found = kinds(
        Scope(literal("\n".join([*lines, copied.replace("d2h", "d2h 36-37 @36").replace("h2d", "h2d 36-37 @36")]))),
        "step",
    )
    assert len(set(found.kind.tolist())) == kinds_found
    assert found.operations.tolist() == [1, 1, 1, 2, 1, 1]


def test_a_first_step_that_does_all_that_the_others_do_and_more_is_of_their_kind():
    assert kinds_of([*TRAIN, *"iiiiii"], TRAIN, TRAIN, TRAIN)[0] == "AAAA"


def test_a_first_step_that_comes_again_is_not():
    assert kinds_of([*TRAIN, *"iiiiii"], TRAIN, TRAIN, TRAIN, [*TRAIN, *"iiiiii"])[0] == "ABBBA"


def test_a_first_step_that_does_something_else_is_not():
    assert kinds_of([*"ppppppppppp"], TRAIN, TRAIN, TRAIN)[0] == "ABBB"
    assert kinds_of(EVALUATE, TRAIN, TRAIN, TRAIN)[0] == "ABBB"


def test_a_step_inside_that_does_more_is_another_kind():
    assert kinds_of(TRAIN, TRAIN, TRAIN, [*TRAIN, *"iiiiii"], TRAIN)[0] == "AAABA"


def test_a_name_for_different_things_does_not_repeat():
    assert kinds_of([*"a"], [*"bb"], [*"ccc"], [*"a"]) == ("ABCA", False)


def test_more_kinds_than_are_told_apart():
    names = [a + b for a in "abcdef" for b in "abcdefghij"]
    lines = [f"k {10 * n}-{10 * n + 5} @{10 * n} name={name}" for n, name in enumerate(names)]
    lines += [f"range step {10 * n}-{10 * n + 9}" for n in range(60)]
    assert len(set(kinds(Scope(literal("\n".join(lines))), "step").kind.tolist())) == 60
