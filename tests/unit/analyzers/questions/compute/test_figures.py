from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.model import Device
from gpu_trace_analyzers.questions.compute.figures import compute_figures
from gpu_trace_analyzers.questions.compute.kernels import Kind, Precision
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal

MM = 'shapes=[[100,100],[100,100]] types=["c10::BFloat16","c10::BFloat16"]'
LARGE = 'shapes=[[100,500],[500,100]] types=["c10::BFloat16","c10::BFloat16"]'
FLOAT = 'shapes=[[100,100],[100,100]] types=["float","float"]'
TF32, FFMA = "sm90_xmma_gemm_f32f32_tf32f32_f32", "sm80_xmma_gemm_f32f32_f32f32_f32_ffma"
FLOPS = 2 * 100**3


def on_h200(text):
    device = Device("gpu", 0, "NVIDIA H200", capability=(9, 0), multiprocessors=132)
    return replace(literal(text), devices=(device,))


def figures(text, window=None):
    return compute_figures(Scope(on_h200(text), None, window), 0)


def test_the_rate_is_that_of_the_operators_over_the_time_of_their_kernels():
    (row,) = figures(f"op aten::mm 0-10 {MM}; op aten::mm 10-20 {MM}; k 100-104 @5; k 104-106 @15; k 106-108 @16")
    assert (row.kind, row.precision) == (Kind.PRODUCT, Precision.BFLOAT16)
    assert (row.calls, row.kernels, row.busy_ns, row.flops) == (2, 3, 8, 2 * FLOPS)
    assert row.tflop_per_s == 2 * FLOPS / 8 / 1000
    assert row.peak_tflop_per_s == 989.4
    assert row.share_of_peak == pytest.approx(500 / 989.4)


def test_kernels_that_run_at_once_take_their_time_once():
    (row,) = figures(f"op aten::mm 0-10 {MM}; op aten::mm 10-20 {MM}; s7 k 100-104 @5; s13 k 102-106 @15")
    assert (row.busy_ns, row.flops) == (6, 2 * FLOPS)


@pytest.mark.parametrize(
    ("kernel", "precision"),
    [(TF32, Precision.TF32), (FFMA, Precision.FLOAT32), ("nvjet_xyz", Precision.FLOAT32_OR_TF32)],
)
def test_the_longest_kernel_of_a_product_of_float32_says_whether_it_is_tf32(kernel, precision):
    (row,) = figures(f"op aten::mm 0-10 {FLOAT}; k 100-140 @5 name={kernel}; k 140-170 @6 name=splitKreduce")
    assert (row.precision, row.kernels) == (precision, 2)
    assert (row.share_of_peak is None) == (precision is Precision.FLOAT32_OR_TF32)


def test_the_name_of_a_kernel_does_not_change_the_type_of_other_operands():
    (row,) = figures(f"op aten::mm 0-10 {MM}; k 100-104 @5 name={FFMA}")
    assert row.precision is Precision.BFLOAT16


def test_what_no_operator_of_known_arithmetic_launched_is_known_by_name_and_has_no_rate():
    rows = figures(f"""
        op aten::mm 0-10 {MM}
        k 100-104 @5 name=nvjet_sm90_tst_1; k 104-110 @15 name=nvjet_sm90_tst_1
        k 110-111 @16 name=add; k 120-140 name=mul
    """)
    told = [(row.kind, row.precision, row.busy_ns, row.calls, row.flops, row.largest) for row in rows]
    assert told == [
        (Kind.OTHER, Precision.UNKNOWN, 21, None, None, "mul"),
        (Kind.PRODUCT, Precision.BFLOAT16, 6, None, None, "nvjet_sm90_tst_1"),
        (Kind.PRODUCT, Precision.BFLOAT16, 4, 1, FLOPS, "nvjet_sm90_tst_1"),
    ]
    assert rows[0].largest_ns == 20


def test_of_an_unknown_device_no_share_is_known():
    trace = literal(f"op aten::mm 0-10 {MM}; k 100-104 @5")
    (row,) = compute_figures(Scope(trace), 0)
    assert row.tflop_per_s == 500
    assert row.share_of_peak is None


@pytest.mark.parametrize(
    ("window", "calls", "busy_ns"),
    [((100, 200), 2, 9), ((101, 200), 1, 3), ((100, 120), 1, 6), ((100, 121), 2, 9), ((0, 100), 0, 0)],
)
def test_in_a_window_an_operator_counts_whole_if_its_first_kernel_began_there(window, calls, busy_ns):
    text = f"op aten::mm 0-10 {MM}; op aten::mm 10-20 {MM}; k 100-104 @5; k 104-106 @6; k 120-123 @15"
    rows = figures(text, Window(*window))
    assert sum(row.calls for row in rows) == calls
    assert sum(row.busy_ns for row in rows) == busy_ns


def test_copies_and_collectives_inside_an_operator_are_no_compute():
    (row,) = figures(f"op aten::mm 0-10 {MM}; k 100-104 @5; d2d 104-110 @6; nccl 110-120 @7")
    assert (row.kernels, row.busy_ns) == (1, 4)


def test_a_cpu_has_none():
    trace = literal(f"op aten::mm 0-10 {MM}; k 0-10", kind="cpu")
    assert compute_figures(Scope(trace), 0) == ()


@pytest.mark.parametrize(
    ("window", "inside"),
    [
        (None, [(20, 20), (6, 6)]),
        ((0, 120), [(20, 20), (6, 6)]),
        ((0, 101), [(1, 1), (1, 1)]),
        ((0, 102), [(2, 2), (2, 2)]),
    ],
)
def test_what_of_a_kernel_lies_in_the_window_is_counted_beside_its_whole_length(window, inside):
    text = f"op aten::mm 0-10 {MM}; k 100-104 @5; k 104-106 @6; s8 k 100-120 name=add"
    rows = figures(text, window and Window(*window))
    assert [row.busy_ns for row in rows] == [20, 6]
    assert [(row.inside_ns, row.largest_ns) for row in rows] == inside


def test_the_largest_is_that_which_takes_most_of_the_window():
    text = "k 100-104 name=mul; k 104-140 name=add"
    assert [(row.largest, row.largest_ns) for row in figures(text, Window(100, 140))] == [("add", 36)]
    assert [(row.largest, row.largest_ns) for row in figures(text, Window(100, 106))] == [("mul", 4)]


@pytest.mark.parametrize(("end", "rate"), [(110, 1000), (111, 1000 * 10 / 11)])
def test_a_rate_above_the_peak_is_none(end, rate):
    # Two thousand operations a nanosecond: 1,000 TFLOP/s are more than 989.4.
    (row,) = figures(f"op aten::mm 0-10 {LARGE}; k 100-{end} @5")
    assert row.tflop_per_s == (None if rate > 989.4 else pytest.approx(rate))
    assert row.share_of_peak == (None if rate > 989.4 else pytest.approx(rate / 989.4))
    assert row.flops == 10_000_000


def test_a_rate_above_the_peak_of_an_unknown_device_stands():
    (row,) = compute_figures(Scope(literal(f"op aten::mm 0-10 {LARGE}; k 100-110 @5")), 0)
    assert row.tflop_per_s == 1000
