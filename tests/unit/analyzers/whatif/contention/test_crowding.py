import numpy as np
import pytest

from gpu_trace_analyzers.whatif.contention.crowding import crowded
from gpu_trace_analyzers.whatif.contention.origins import Factors, Origin
from literal import literal
from measured_gpus import TABLE, on, use

GEMM = "sgemm_32x32"


def at(load: float, text: str = "k 0-10 name=add grid=[10,1,1]", name: str = "Test GPU") -> Factors:
    multiprocessors = 132 if name == "NVIDIA H200" else 100
    return crowded(on(literal(text), name, multiprocessors), 0, np.array([0]), np.array([load]))


def test_a_kernel_that_runs_alone_is_not_slower(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)

    assert [values[0] for values in at(0.1)] == [1, 1, 1, Origin.MEASURED]


def test_kernels_that_fit_are_as_slow_as_measured_of_that_many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)

    low, expected, high, _ = (values[0] for values in at(1.0))

    assert expected == pytest.approx(1.5), "as the norm, at 10 kernels of 10 blocks"
    assert (low, high) == pytest.approx((1.0, 1.6)), "the ends of all, the product too"


def test_a_product_is_like_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)

    factors = at(2.0, f"k 0-10 name={GEMM} grid=[20,1,1]")

    assert factors.expected[0] == pytest.approx(1.3)


def test_kernels_that_fill_the_device_are_as_slow_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)

    assert at(2.0, "k 0-10 name=add grid=[512,1,1]").expected[0] == pytest.approx(1.4)
    assert at(4.0, "k 0-10 name=add").expected[0] == pytest.approx(2 * 1.4), "in proportion beyond"


def test_of_another_model_it_is_an_interval_from_1(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)

    assert [values[0] for values in at(1.0, name="Other GPU")] == pytest.approx([1.0, 1.5, 1.6, Origin.OTHER_MODELS])


def test_without_any_model_kernels_share_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "")

    assert [values[0] for values in at(0.5)] == [1.0, 2.0, 4.0, Origin.UNKNOWN]
    assert [values[0] for values in at(2.0)] == [2.0, 4.0, 8.0, Origin.UNKNOWN]


def test_a_kernel_that_fills_more_than_those_measured_is_as_slow_as_the_load_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, TABLE.replace("grids = [", 'grids = [["blocks_norm", 100, 100, 128, 32, 0, "norm"],'))

    # Measured of kernels that fill an eighth of the device: two of them take 1.4 times as long.
    assert at(0.25, "k 0-10 name=add grid=[100,1,1] block=[128,1,1]").expected[0] == pytest.approx(1.4)
    assert at(2.0, "k 0-10 name=add grid=[100,1,1] block=[1024,1,1]").expected[0] == pytest.approx(2.0)


def test_what_was_measured_of_streams_of_small_kernels_lies_between_the_ends_of_the_table() -> None:
    # samples/traces/one_h200/independent_operations: 8 kernels of 8 blocks of 1,024 threads, each 1.566 times slower
    low, expected, high, origin = at(8 * 8 / 132, "k 0-10 name=softmax grid=[8,1,1] block=[1024,1,1]", "NVIDIA H200")

    assert low < 1.566 < high
    assert expected == pytest.approx(1.566, rel=0.3)
    assert origin == Origin.MEASURED
