import pytest

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.whatif.contention.multiprocessors import blocks, few_blocks, share
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


@pytest.mark.parametrize(
    ("block", "expected"), [("[1024,1,1]", 0.5), ("[512,1,1]", 0.25), ("[32,4,1]", 0.0625), ("[2048,1,1]", 0.5)]
)
def test_blocks_of_few_threads_leave_room_on_their_multiprocessors(block: str, expected: float) -> None:
    assert share(on(literal(f"k 0-10 grid=[50,1,1] block={block}")), 0).tolist() == [expected]


def test_a_block_of_a_product_or_a_collective_takes_its_multiprocessor_whole() -> None:
    trace = on(literal("k 0-10 name=sgemm grid=[50,1,1] block=[128,1,1]; nccl 10-20 grid=[24,1,1] block=[96,1,1]"))

    assert share(trace, 0).tolist() == [0.5, 0.24]


def test_few_blocks_are_fewer_than_there_are_multiprocessors() -> None:
    trace = literal("k 0-1 grid=[99,1,1]; k 2-3 grid=[10,10,1]; k 4-5")

    assert few_blocks(on(trace), 0).tolist() == [True, False, False]
    assert not few_blocks(on(trace, multiprocessors=MISSING), 0).any()


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
