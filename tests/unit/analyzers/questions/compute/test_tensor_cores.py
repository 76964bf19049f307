"""Rule 13, with a trace on both sides of each of its limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.model import Device
from gpu_trace_analyzers.questions.account.account import account
from gpu_trace_analyzers.questions.compute.kernels import Kind
from gpu_trace_analyzers.questions.compute.tensor_cores import without_tensor_cores
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal

H200 = Device("gpu", 0, "NVIDIA H200", capability=(9, 0), multiprocessors=132)
FFMA, TF32 = "sm80_xmma_gemm_f32f32_f32f32_f32_ffma", "sm80_xmma_gemm_f32f32_tf32f32_f32"
CONV, CONV_TF32 = "sm80_xmma_fprop_f32f32_f32f32_f32_ffma", "sm80_xmma_fprop_f32f32_tf32f32_f32"


def found(text, device=H200, window=(0, 1_000)):
    trace = replace(literal(text), devices=(device,))
    scope = Scope(trace, None, Window(*window))
    of = account(scope).of(0)
    return without_tensor_cores(scope, of) if of else None


def test_float32_without_tensor_cores_is_said_with_what_the_peaks_allow():
    answer = found(f"k 0-1000 name={FFMA}")
    assert (answer.kinds, answer.ns, answer.compute_ns, answer.unknown) == ((Kind.PRODUCT,), 1_000, 1_000, 0)
    assert answer.at_most_ns == 864  # 1000 at 66.9 TFLOP/s take 135.2 at 494.7


@pytest.mark.parametrize(("end", "said"), [(200, True), (199, False)])
def test_from_a_fifth_of_the_compute_time_on(end, said):
    assert bool(found(f"k 0-{end} name={FFMA}; k {end}-1000 name=add")) == said


@pytest.mark.parametrize(
    ("device", "said"),
    [
        (replace(H200, capability=(8, 0)), True),
        (replace(H200, capability=(7, 5)), False),
        (replace(H200, capability=None), False),
        (Device("gpu", 0, "Tesla V100-SXM2-16GB", capability=(7, 0), multiprocessors=80), False),
    ],
)
def test_from_compute_capability_8_0_on(device, said):
    assert bool(found(f"k 0-1000 name={FFMA}", device)) == said


def test_of_a_device_in_no_table_nothing_is_said_of_what_it_saves():
    assert found(f"k 0-1000 name={FFMA}", replace(H200, name="NVIDIA H20")).at_most_ns is None


@pytest.mark.parametrize(("until", "said"), [(981, True), (980, False)])
def test_a_loss_that_comes_first_silences_it(until, said):
    # A copy that is exposed for 2 % of the window is worth the first line.
    assert bool(found(f"k 0-{until} name={FFMA}; h2d pageable {until}-1000 @970-1000")) == said


@pytest.mark.parametrize(
    ("kernels", "kinds"),
    [
        ((FFMA, TF32), None),
        ((CONV, CONV_TF32), None),
        ((FFMA, CONV_TF32), (Kind.PRODUCT,)),
        ((CONV, TF32), (Kind.CONVOLUTION,)),
        ((FFMA, CONV), (Kind.PRODUCT, Kind.CONVOLUTION)),
    ],
)
def test_where_tf32_is_used_for_the_same_kind_of_work_it_is_not_taken_for_these_shapes(kernels, kinds):
    first, second = kernels
    answer = found(f"k 0-500 name={first}; k 500-1000 name={second}")
    assert (answer and answer.kinds) == kinds


@pytest.mark.parametrize(
    "name",
    [
        "nvjet_sm90_tst_320x128",
        "ampere_fp16_s16816gemm_fp16_128x128",
        "cutlass_80_tensorop_d884gemm_64x64",
        "volta_dgemm_64x64",
        TF32,
        "nvjet_xyz",
        "vectorized_elementwise_kernel",
    ],
)
def test_other_precisions_are_silent(name):
    assert found(f"k 0-1000 name={name}") is None


def test_kernels_whose_names_do_not_say_are_counted_but_no_vectors():
    answer = found(
        f"k 0-500 name={FFMA}; k 500-600 name=nvjet_xyz; k 600-700 name=nvjet_xyz; k 700-1000 name=gemv2T_val"
    )
    assert answer.unknown == 2


def test_an_operator_of_half_precision_says_more_than_the_name_of_its_kernel():
    half = 'shapes=[[8,4],[4,2]] types=["c10::Half","c10::Half"]'
    single = 'shapes=[[8,4],[4,2]] types=["float","float"]'
    assert found(f"op aten::mm 0-10 {half}; k 10-1000 @5 name={FFMA}", window=(10, 1_000)) is None
    assert found(f"op aten::mm 0-10 {single}; k 10-1000 @5 name={FFMA}", window=(10, 1_000)) is not None


def test_it_saves_no_more_than_what_other_engines_leave():
    answer = found(f"s7 k 0-1000 name={FFMA}; s13 h2d 0-800")
    assert answer.at_most_ns == 200
