"""How much slower beside an engine, and from where that is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import Engine, Trace
from gpu_trace_analyzers.whatif.contention.factors import contention
from gpu_trace_analyzers.whatif.contention.origins import Origin
from literal import literal
from measured_gpus import on, use
from strategies import traces

GEMM = "name=sgemm_128x128 grid=[512,1,1]"
ADD = "name=add grid=[512,1,1]"
NOTHING_KNOWN = [1.0, 2.0, 4.0, Origin.UNKNOWN]


def first(trace: Trace, beside: Engine) -> list[float]:
    """Lowest, expected, highest and origin of the first row."""
    return [float(values[0]) for values in contention(trace, 0).slowdown(np.array([0]), beside)]


@pytest.fixture(autouse=True)
def _table(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)


def test_by_the_table_it_is_the_median_of_its_kind_between_the_ends_of_all_that_it_may_be() -> None:
    assert first(on(literal(f"k 0-10 {GEMM}")), Engine.COPY_H2D) == pytest.approx([1, 1.01, 1.05, Origin.MEASURED])
    assert first(on(literal(f"k 0-10 {ADD}")), Engine.COPY_H2D) == pytest.approx([1, 1.3, 1.6, Origin.MEASURED])


def test_beside_kernels_it_is_the_mean_over_their_time() -> None:
    trace = on(literal(f"d2d 0-10; k 10-40 {GEMM}; k 40-50 name=elementwise grid=[512,1,1]"))

    # three quarters beside products, one beside kernels that may be elementwise (measured) or reductions (not measured)
    expected = (0.75 * 3.5 + 0.125 * 1.5) / 0.875
    assert first(trace, Engine.COMPUTE) == pytest.approx([1.0, expected, 4.0, Origin.MEASURED])


def test_a_copy_is_slower_by_its_size() -> None:
    def beside_adds(size: int) -> list[float]:
        return first(on(literal(f"h2d 0-10 size={size}; k 10-20 {ADD}")), Engine.COMPUTE)

    assert beside_adds(1024) == pytest.approx([1.0, 1.1, 1.2, Origin.MEASURED])
    third = [(2 * small + large) / 3 for small, large in ((100, 450), (110, 600), (120, 750))]
    alone = (2 * 100 + 300) / 3
    assert beside_adds(2048) == pytest.approx([*(ns / alone for ns in third), Origin.MEASURED])
    assert beside_adds(1 << 30) == pytest.approx([1.5, 2.0, 2.5, Origin.MEASURED])
    assert first(on(literal(f"h2d 0-10; k 10-20 {ADD}")), Engine.COMPUTE)[-1] == Origin.UNKNOWN, "of unknown size"


def test_a_copy_beside_several_kinds_of_kernels_lies_between_them() -> None:
    trace = on(literal(f"h2d 0-10 size=4096; k 10-20 {ADD}; k 20-30 {GEMM}"))

    assert first(trace, Engine.COMPUTE) == pytest.approx([1.0, 1.5, 2.5, Origin.MEASURED])


def test_what_this_trace_shows_comes_before_the_table() -> None:
    alone = [f"k {i * 1000}-{i * 1000 + 100} {GEMM}" for i in range(6)]
    beside = [f"k {i * 1000}-{i * 1000 + 300} {GEMM}; s8 h2d {i * 1000}-{i * 1000 + 300}" for i in range(6, 12)]
    trace = on(literal("; ".join(alone + beside)))

    assert first(trace, Engine.COPY_H2D) == pytest.approx([3, 3, 3, Origin.TRACE])
    assert first(trace, Engine.COPY_D2H)[-1] == Origin.MEASURED


def test_of_another_model_it_is_an_interval_from_1() -> None:
    trace = on(literal(f"d2h 0-10; k 10-20 {GEMM}"), "Third GPU")

    assert first(trace, Engine.COMPUTE) == pytest.approx([1, 1.2, 1.4, Origin.OTHER_MODELS])


def test_two_models_give_the_mean_and_the_highest_of_both() -> None:
    trace = on(literal(f"k 10-20 {GEMM}"), "Third GPU")

    assert first(trace, Engine.COPY_H2D) == pytest.approx([1.0, (1.01 + 1.2) / 2, 1.4, Origin.OTHER_MODELS])


@pytest.mark.parametrize(
    ("text", "beside"),
    [("memset 0-10", Engine.COPY_H2D), ("unknown 0-10", Engine.COMPUTE), (f"k 0-10 {GEMM}", Engine.MEMSET)],
)
def test_what_nothing_was_measured_of_is_an_interval(text: str, beside: Engine) -> None:
    assert first(on(literal(text)), beside) == NOTHING_KNOWN


COLLECTIVE = "nccl 20-50 grid=[25,1,1]"


@pytest.mark.parametrize(
    ("text", "beside", "expected"),
    [
        # A quarter of the multiprocessors is taken, so a kernel has three quarters.
        (f"k 0-10 {GEMM}; {COLLECTIVE}", Engine.COLLECTIVE, 4 / 3),
        (f"d2d 0-10; {COLLECTIVE}", Engine.COLLECTIVE, 4 / 3),
        (f"k 0-10 {GEMM}; nccl 20-50", Engine.COLLECTIVE, 2.0),
        (f"k 0-10 {GEMM}", Engine.COPY_P2P, 1.1),
        (f"p2p 0-10; k 10-20 {GEMM}", Engine.COMPUTE, 1.1),
        (f"nccl 0-10; k 10-20 {GEMM}", Engine.COMPUTE, 1.1),
        (f"h2d 0-10; {COLLECTIVE}", Engine.COLLECTIVE, 1.1),
    ],
)
def test_links_and_the_device_share_little(text: str, beside: Engine, expected: float) -> None:
    assert first(on(literal(text)), beside) == pytest.approx([1.0, expected, 2.0, Origin.UNKNOWN])


def test_without_a_table_it_is_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "")

    assert first(on(literal(f"k 0-10 {GEMM}")), Engine.COPY_H2D) == [1.0, 1.1, 2.0, Origin.UNKNOWN]
    assert first(on(literal("h2d 0-10")), Engine.COPY_D2H) == NOTHING_KNOWN


def test_copies_take_as_long_as_was_measured_and_larger_ones_in_proportion() -> None:
    of_device = contention(on(literal("h2d 0-10")), 0)

    _, expected, _ = of_device.copy_ns(Engine.COPY_H2D, np.array([1, 1024, 4096, 8192]))

    assert expected.tolist() == pytest.approx([100, 100, 300, 600])
    assert of_device.copy_ns(Engine.COPY_D2H, np.array([1])) is None
    assert contention(on(literal("h2d 0-10"), "Third GPU"), 0).copy_ns(Engine.COPY_H2D, np.array([1])) is None


def test_origins_are_told_in_words() -> None:
    of_device = contention(on(literal("h2d 0-10")), 0)

    words = [of_device.origin(origin) for origin in Origin]
    assert words[Origin.MEASURED] == "measured on Test GPU"
    assert "Test GPU, Other GPU" in words[Origin.OTHER_MODELS]
    assert len(set(words)) == len(Origin)


@given(traces(), st.sampled_from(("Test GPU", "Third GPU")), st.sampled_from(Engine))
def test_nothing_is_silently_1(trace: Trace, name: str, beside: Engine) -> None:
    trace = on(trace, name)
    rows = np.flatnonzero(trace.work.device == 0)

    low, expected, high, origin = contention(trace, 0).slowdown(rows, beside)

    assert ((low >= 1) & (expected >= low - 1e-9) & (high >= expected - 1e-9)).all()
    unknown = origin > Origin.MEASURED
    assert (low[unknown] == 1).all()
    assert (high[unknown] > 1).all()
