import pytest

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.whatif.contention.multiprocessors import blocks, share
from literal import literal
from measured_gpus import on


@pytest.mark.parametrize(
    ("grid", "expected"),
    [
        ("[1,1,1]", 0.01),
        ("[33,3,1]", 0.99),
        ("[100,1,1]", 1.0),
        ("[101,1,1]", 1.0),
        ("[65535,65535,64]", 1.0),
    ],
)
def test_the_share_is_the_blocks_over_the_multiprocessors(grid: str, expected: float) -> None:
    assert share(on(literal(f"k 0-10 grid={grid}")), 0).tolist() == [expected]


@pytest.mark.parametrize("grid", ["", "grid=[]", "grid=[0,1,1]", "grid=132", "grid=[1.5,1,1]", "grid=x"])
def test_a_kernel_of_unknown_grid_fills_the_device(grid: str) -> None:
    trace = on(literal(f"k 0-10 {grid}"))

    assert blocks(trace).tolist() == [MISSING]
    assert share(trace, 0).tolist() == [1.0]


def test_a_kernel_fills_a_device_of_unknown_size() -> None:
    assert share(on(literal("k 0-10 grid=[2,1,1]"), multiprocessors=MISSING), 0).tolist() == [1.0]


def test_collectives_use_multiprocessors_and_copies_do_not() -> None:
    trace = on(literal("nccl 0-10 grid=[24,1,1]; h2d 10-20; d2h 20-30; d2d 30-40; memset 40-50"))

    assert share(trace, 0).tolist() == [0.24, 0, 0, 0, 0]


def test_of_no_rows_there_is_no_share() -> None:
    assert share(on(literal("call x 0-1")), 0).tolist() == []
