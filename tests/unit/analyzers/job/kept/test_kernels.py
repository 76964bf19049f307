"""The kernels of a step as a number."""

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.job.kept.bounds import Bounds
from gpu_trace_analyzers.job.kept.merged import merged
from gpu_trace_analyzers.job.kept.of_rank import of_rank
from gpu_trace_analyzers.model import MISSING
from literal import literal, microseconds

STEPS = "; ".join(f"range step {begin}-{begin + 90}" for begin in range(0, 400, 100))
TWO = ["a grid=[1] block=[32]", "b grid=[2] block=[32]"]


def kept(*each):
    """How many kernels and which digests the last three of four steps have; the first is warm-up in none of them."""
    rows = []
    for number, kernels in enumerate(each):
        for place, kernel in enumerate(kernels):
            at = 100 * number + 10 * place
            name, *rest = kernel.split()
            rows.append(f"k {at + 5}-{at + 9} @{at + 1} name={name} {' '.join(rest)}")
    part = merged([of_rank(Analysis(literal(microseconds(";".join([STEPS, *rows])))), "x", Bounds.of(1))])
    return part.steps.kernels.tolist(), part.steps.kernels_digest.tolist()


def test_steps_of_the_same_kernels_in_any_order_have_one_digest():
    count, digests = kept(TWO, TWO[::-1], TWO, TWO)
    assert count == [2] * 4
    assert len(set(digests)) == 1
    assert 0 < digests[0] < 1 << 62


@pytest.mark.parametrize(
    "other",
    [
        ["c grid=[1] block=[32]", TWO[1]],
        ["a grid=[1] block=[64]", TWO[1]],
        ["a grid=[2] block=[32]", TWO[1]],
        ["a grid=[2] block=[32]", "b grid=[1] block=[32]"],
        [TWO[0], TWO[0]],
    ],
)
def test_other_names_grids_blocks_or_numbers_have_another(other):
    _, digests = kept(TWO, TWO, other, TWO)
    assert digests[0] == digests[1] == digests[3] != digests[2]


def test_a_kernel_without_a_grid_may_have_any_work():
    count, digests = kept(TWO, TWO, [TWO[0], "b"], TWO)
    assert count == [2] * 4
    assert [digest == MISSING for digest in digests] == [False, False, True, False]


def test_a_kernel_is_of_the_step_that_launched_it():
    begins = range(0, 400, 100)
    at_once = [f"k {at + 5}-{at + 9} @{at + 1} grid=[1]" for at in begins]
    late = [f"k {at + 95}-{at + 99} @{at + 50} grid=[2]" for at in begins]
    part = merged([of_rank(Analysis(literal(microseconds(";".join([STEPS, *at_once, *late])))), "x", Bounds.of(1))])
    assert set(part.steps.kernels.tolist()) == {2}
    assert len(set(part.steps.kernels_digest.tolist())) == 1
