import numpy as np
import pytest

from gpu_trace_analyzers.model import MISSING, Device
from gpu_trace_analyzers.whatif.contention.measured import Curve, model_of, models, read_models
from measured_gpus import TABLE, use


def test_the_table_of_the_package_is_read_and_its_spreads_are_in_order() -> None:
    for model in models():
        spreads = [*model.slowdown.values()]
        assert all(each.low <= each.median <= each.high for each in spreads)
        for curve in model.copies.values():
            assert (np.diff(curve.at) > 0).all()
            assert (curve.low <= curve.median).all()
            assert (curve.median <= curve.high).all()


def test_an_empty_table_has_no_models() -> None:
    assert read_models("# nothing was measured yet\n") == ()


@pytest.mark.parametrize(
    ("name", "multiprocessors", "found"),
    [("Test GPU", 100, True), ("Test GPU", MISSING, True), ("Test GPU", 50, False), ("Test GPU MIG", 100, False)],
)
def test_a_part_of_a_device_is_not_the_device(
    monkeypatch: pytest.MonkeyPatch, name: str, multiprocessors: int, found: bool
) -> None:
    use(monkeypatch)

    assert (model_of(Device("gpu", 0, name, multiprocessors=multiprocessors)) is not None) == found


def test_several_spreads_of_one_place_are_one() -> None:
    curve = Curve.of([(2, 1.0, 1.1, 1.2), (1, 1.0, 1.0, 1.0), (2, 0.9, 1.3, 1.4)])

    assert curve.at.tolist() == [1, 2]
    assert [column[1] for column in (curve.low, curve.median, curve.high)] == pytest.approx([0.9, 1.2, 1.4])


def test_copies_between_two_sizes_lie_straight_between_them() -> None:
    curve = read_models(TABLE)[0].copies["copy_h2d", ""]

    _, median, _ = curve.read(np.array([512.0, 1024, 2048, 4096, 10**6]))

    assert median.tolist() == pytest.approx([100, 100, 100 + 200 / 3, 300, 300])


def test_between_two_measured_sizes_a_copy_has_their_rate() -> None:
    # A copy of 67,108,864 bytes takes 1,214,315 ns in a recording of an H200; the sizes on both sides were measured.
    model = model_of(Device("gpu", 0, "NVIDIA H200", multiprocessors=132))

    assert model is not None
    _, median, _ = model.copies["copy_h2d", ""].read(np.array([67_108_864.0]))
    assert median.tolist() == pytest.approx([1_214_315], rel=0.01)


def test_two_engines_take_from_an_operation_what_each_takes_alone() -> None:
    for model in models():
        for (kind, beside), both in model.slowdown.items():
            if "+" in beside:
                each = [model.slowdown[kind, other].median - 1 for other in beside.split("+")]
                assert both.median == pytest.approx(1 + sum(each), abs=0.02)
