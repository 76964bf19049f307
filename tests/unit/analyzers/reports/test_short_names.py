"""Kernels by names that fit into a table, and no two of them by the same one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.reports.fitting import shortened, told_apart
from gpu_trace_analyzers.reports.short_names import LONGEST, short_name, short_names

KERNELS = [
    line.split(" ", 1)[1]
    for line in (Path(__file__).parents[1] / "kernel_names.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]
COPIED = (
    "void at::native::elementwise_kernel<128, 2, at::native::gpu_kernel_impl_nocast<at::native::direct_copy_kernel_cuda"
    "(at::TensorIteratorBase&)::{lambda()#3}::operator()() const::{lambda()#7}::operator()() const::{lambda(float)#1}>("
    "at::TensorIteratorBase&)::{lambda(int)#1}>(int, float)"
)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        (
            "void at::native::vectorized_elementwise_kernel<4, at::native::CUDAFunctor_add<float>, "
            "std::array<char*, 3ul> >(int, at::native::CUDAFunctor_add<float>, std::array<char*, 3ul>)",
            "vectorized_elementwise_kernel<4, CUDAFunctor_add<float>, array<char*, 3>>",
        ),
        (COPIED, "elementwise_kernel<128, 2, gpu_kernel_impl_nocast<direct_copy_kernel_cuda#3#7#1>#1>"),
        ("void cutlass::Kernel2<cutlass_80_simt_sgemm_64x64>(Params)", "Kernel2<cutlass_80_simt_sgemm_64x64>"),
        ("void (anonymous namespace)::softmax<float, (bool)1, 4>(float*)", "softmax<float, 1, 4>"),
        ("ncclDevKernel_AllReduce_RING_LL(ncclDevKernelArgsStorage<4096ul>)", "ncclDevKernel_AllReduce_RING_LL"),
        ("nvjet_sm90_tst_256x128_64x4_1x2_h_bz_coopA_NNT",) * 2,
        ("Memcpy HtoD (Pinned -> Device)",) * 2,
        ("triton_red_fused_add_0",) * 2,
        ("()",) * 2,
    ],
)
def test_a_name_without_what_all_kernels_have(name, short):
    assert short_name(name) == short


def test_a_lambda_of_another_number_is_another_kernel():
    one, other = short_names([COPIED, COPIED.replace("#7", "#8")])
    assert one != other


def test_names_that_look_alike_get_numbers():
    assert short_names(["a::f(int)", "b::f(int)", "a::f(int)", "f(float)"]) == ["f", "f (2)", "f", "f (3)"]


def test_different_kernels_have_different_short_names():
    assert len(set(short_names(KERNELS))) == len(set(KERNELS))


@given(st.lists(st.text("ab:<>() ,{}#1", max_size=12)))
def test_any_names_are_told_apart(names):
    assert len(set(short_names(names))) == len(set(names))


def test_of_a_long_name_with_arguments_the_first_of_them_are_kept():
    name = "vectorized_elementwise_kernel<4, CUDAFunctor_add<float>, array<char*, 3>>"
    assert shortened(name, 40) == "vectorized_el…kernel<4, CUDAFunctor_ad…>"
    assert len(shortened(name, 40)) == 40


def test_long_names_that_differ_in_the_middle_are_cut_there():
    stem = "sm80_xmma_gemm_f32f32_f32f32_f32_{}_n_tilesize256x128x8_stage3_warpsize4x2x1_ffma_execute_kernel__5x_cublas"
    one, other = told_apart([stem.format("nn"), stem.format("tn")], 40)
    assert one != other
    assert len(one) == len(other) == 40


@given(st.lists(st.text("ab<>", max_size=30), max_size=6), st.integers(16, 40))
def test_no_name_is_longer_than_its_room(names, width):
    found = told_apart(names, width)
    assert all(len(name) <= width for name in found)
    assert [name for name in names if len(name) <= width] == [
        cut for name, cut in zip(names, found, strict=True) if len(name) <= width
    ]


def test_no_name_is_longer_than_a_page_shows():
    (name,) = short_names([f"void f<{', '.join(f'T{i}' for i in range(900))}>(int)"])
    assert len(name) == LONGEST
    assert name.startswith("f<T0, T1, ")
