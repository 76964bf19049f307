from __future__ import annotations

import re

import pytest

from gpu_trace_analyzers.model import Device
from gpu_trace_analyzers.questions.compute.kernels import Precision
from gpu_trace_analyzers.questions.compute.peaks import _tables, peak_at, peak_tflop_per_s


@pytest.mark.parametrize(
    ("name", "multiprocessors", "peak"),
    [
        ("NVIDIA H200", 132, 989.4),
        ("NVIDIA H100 80GB HBM3", 132, 989.4),
        ("NVIDIA H100 PCIe", 114, 756.0),
        ("NVIDIA H200 NVL", 132, 835.5),
        ("NVIDIA A100-SXM4-80GB", 108, 312.0),
        ("NVIDIA A100 80GB PCIe", 108, 312.0),
        ("NVIDIA L40S", 142, 362.05),
        ("NVIDIA L40", 142, 181.05),
        ("NVIDIA H200", -1, 989.4),
        ("NVIDIA H200", 60, None),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", 16, None),
        ("NVIDIA H20", 78, None),
        ("", -1, None),
    ],
)
def test_a_device_has_the_peak_of_its_name_if_it_is_whole(name, multiprocessors, peak):
    device = Device("gpu", 0, name, multiprocessors=multiprocessors)
    assert peak_tflop_per_s(device, Precision.BFLOAT16) == peak


def test_an_old_device_has_no_peak_in_a_precision_that_it_does_not_have():
    assert peak_tflop_per_s(Device("gpu", 0, "Tesla V100-SXM2-16GB"), Precision.TF32) is None
    assert peak_tflop_per_s(Device("gpu", 0, "NVIDIA H200"), Precision.UNKNOWN) is None


def test_no_name_is_of_two_models():
    models, _ = _tables()
    names = [re.sub(r"\((\w[^|()]*)\|?[^()]*\)", r"\1", model.name.pattern) for model in models]
    for name in names:
        assert sum(bool(model.name.fullmatch(name)) for model in models) <= 1, name


def test_peaks_are_what_a_multiprocessor_computes_in_a_cycle_at_a_clock_that_it_can_have():
    models, cycles = _tables()
    h200 = next(model for model in models if model.name.fullmatch("NVIDIA H200"))
    a100 = next(model for model in models if model.name.fullmatch("NVIDIA A100-SXM4-40GB"))
    for model, capability, clocks in ((h200, (9, 0), (1_825, 1_985)), (a100, (8, 0), (1_405, 1_415))):
        for precision, tflop_per_s in model.tflop_per_s.items():
            clock_mhz = tflop_per_s * 1e6 / (cycles[capability][precision] * model.multiprocessors)
            assert clocks[0] < clock_mhz < clocks[1], precision


def test_the_peak_at_another_clock():
    device = Device("gpu", 0, "NVIDIA H200", capability=(9, 0), multiprocessors=132)
    assert peak_at(device, Precision.BFLOAT16, 1_000) == pytest.approx(4096 * 132 * 1e-3)
    assert peak_at(Device("gpu", 0, "x", capability=(8, 9), multiprocessors=142), Precision.BFLOAT16, 1_000) is None
    assert peak_at(Device("gpu", 0, "NVIDIA H200"), Precision.BFLOAT16, 1_000) is None
