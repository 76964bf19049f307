"""Factors from the trace itself: of the same operation, alone and beside an engine."""

import numpy as np
import pytest

from gpu_trace_analyzers.model import Engine, Trace
from gpu_trace_analyzers.questions.scope import Window
from gpu_trace_analyzers.whatif.contention.observed import LEAST_ROWS, MOST, observed, same_operation
from literal import literal

PERIOD = 1_000
COPY = Engine.COPY_H2D


def kernels(alone: int, beside: int, ns: int = 100, slow_ns: int = 150, copy_ns: int | None = None) -> str:
    """So many kernels with nothing beside them, then so many of which each begins with a copy of ``copy_ns``."""
    text = [f"k {i * PERIOD}-{i * PERIOD + ns}" for i in range(alone)]
    for i in range(alone, alone + beside):
        start, end = i * PERIOD, i * PERIOD + slow_ns
        text += [f"k {start}-{end}", f"s8 h2d {start}-{start + (copy_ns or slow_ns)} size={i}"]
    return "; ".join(text)


def of_kernels(trace: Trace, window: Window | None = None) -> tuple[float, float, float]:
    found = observed(trace, 0, window)
    kind = found.kind_of[np.flatnonzero(trace.work.engine == Engine.COMPUTE)[0]]
    return found.low[kind, COPY], found.expected[kind, COPY], found.high[kind, COPY]


def test_a_kernel_that_takes_half_as_long_again_beside_a_copy() -> None:
    assert of_kernels(literal(kernels(LEAST_ROWS, LEAST_ROWS))) == pytest.approx((1.5, 1.5, 1.5))


@pytest.mark.parametrize("counts", [(LEAST_ROWS - 1, LEAST_ROWS), (LEAST_ROWS, LEAST_ROWS - 1)])
def test_fewer_rows_of_either_say_nothing(counts: tuple[int, int]) -> None:
    assert np.isnan(of_kernels(literal(kernels(*counts)))).all()


def test_what_is_lost_in_part_of_the_time_was_lost_beside_the_copy() -> None:
    # 120 ns in place of 100: in 40 ns beside the copy it did what takes 20 ns alone.
    assert of_kernels(literal(kernels(6, 6, slow_ns=120, copy_ns=40))) == pytest.approx((2, 2, 2))


def test_less_than_a_quarter_beside_the_copy_is_too_little() -> None:
    assert not np.isnan(of_kernels(literal(kernels(6, 6, slow_ns=120, copy_ns=30)))).any()
    assert np.isnan(of_kernels(literal(kernels(6, 6, slow_ns=120, copy_ns=29)))).all()


def test_a_kernel_beside_two_engines_is_neither_alone_nor_beside_one() -> None:
    third = "; ".join(f"s9 d2h {i * PERIOD + 10}-{i * PERIOD + 11}" for i in range(12))

    assert np.isnan(of_kernels(literal(f"{kernels(6, 6)}; {third}"))).all()


def test_other_blocks_or_sizes_are_another_operation() -> None:
    trace = literal("k 0-1 grid=[1,1,1]; k 2-3 grid=[2,1,1]; k 4-5 grid=[1,1,1]; h2d 6-7 size=1; h2d 8-9 size=2")

    kinds = same_operation(trace, 0)
    assert kinds[0] == kinds[2]
    assert len(set(kinds.tolist())) == 4


def test_products_of_other_shapes_are_another_operation() -> None:
    short, long = "shapes=[[64,64],[64,64]]", "shapes=[[64,512],[512,64]]"
    types = 'types=["float","float"]'
    trace = literal(
        f"op aten::mm 0-5 {short} {types}; k 10-20 @1; op aten::mm 100-105 {long} {types}; k 110-150 @101;"
        f"op aten::mm 200-205 {short} {types}; k 210-220 @201"
    )

    kinds = same_operation(trace, 0)
    assert kinds[0] == kinds[2] != kinds[1]


def test_the_window_leaves_out_what_reaches_beyond_it() -> None:
    text = kernels(6, 6)
    trace = literal(text)

    assert of_kernels(trace, Window(0, 11 * PERIOD + 150)) == pytest.approx((1.5, 1.5, 1.5))
    assert np.isnan(of_kernels(trace, Window(0, 11 * PERIOD + 149))).all()
    assert np.isnan(of_kernels(trace, Window(1, 20 * PERIOD))).all()


def test_the_ends_hold_the_median_between_them() -> None:
    spread = [90, 95, 100, 100, 105, 110]
    alone = "; ".join(f"k {i * PERIOD}-{i * PERIOD + ns}" for i, ns in enumerate(spread))
    times = [f"{i * PERIOD}-{i * PERIOD + 2 * ns}" for i, ns in enumerate(spread, len(spread))]
    beside = "; ".join(f"k {time}; s8 h2d {time}" for time in times)

    low, expected, high = of_kernels(literal(f"{alone}; {beside}"))

    assert expected == pytest.approx(2.0)
    assert 1.5 < low < expected < high < 3


def test_nothing_is_faster_beside_others_and_what_hardly_ran_waited() -> None:
    assert of_kernels(literal(kernels(6, 6, slow_ns=80))) == (1, 1, 1)
    assert of_kernels(literal(kernels(6, 6, ns=1, slow_ns=900))) == (MOST, MOST, MOST)


def test_kernels_of_another_stream_count_as_beside() -> None:
    alone = "; ".join(f"k {i * PERIOD}-{i * PERIOD + 100} grid=[8,1,1]" for i in range(6))
    pairs = "; ".join(f"s{s} k {i * PERIOD}-{i * PERIOD + 157} grid=[8,1,1]" for i in range(6, 12) for s in (7, 8))

    found = observed(literal(f"{alone}; {pairs}"), 0)

    assert found.expected[0, Engine.COMPUTE] == pytest.approx(1.57)
    assert (found.alone[0], found.beside[0, Engine.COMPUTE]) == (6, 12)
