"""What names of kernels say, as far as they say it. The names are of cuBLAS, cuDNN, CUTLASS, PyTorch and Inductor."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.compute.kernels import Kind, Precision, is_of_vectors, kind_of, precision_of

PRODUCTS = {
    "sm80_xmma_gemm_f32f32_f32f32_f32_nn_n_tilesize256x128x8_stage3_warpsize4x2x1_ffma_aligna4": Precision.FLOAT32,
    "ampere_sgemm_128x64_tn": Precision.FLOAT32,
    "void cutlass::Kernel2<cutlass_80_simt_sgemm_128x64_8x5_nn_align1>()": Precision.FLOAT32,
    "sm90_xmma_gemm_f32f32_tf32f32_f32_tn_n_tilesize128x128x32_warpgroupsize1x1x1_execute_kernel__5x": Precision.TF32,
    "void cutlass::Kernel2<cutlass_80_tensorop_s1688gemm_256x128_16x4_nt_align4>()": Precision.TF32,
    "turing_fp16_s1688gemm_fp16_128x128_ldg8_f2f_tn": Precision.FLOAT16,
    "volta_fp16_s884gemm_fp16_64x64_ldg8_f2f_nn": Precision.FLOAT16,
    "ampere_fp16_s16816gemm_fp16_128x128_ldg8_f2f_stages_32x5_tn": Precision.FLOAT16,
    "sm80_xmma_gemm_f16f16_f16f32_f32_tn_n_tilesize128x128x64": Precision.FLOAT16,
    "ampere_bf16_s16816gemm_bf16_128x64_ldg8_f2f_stages_64x4_tn": Precision.BFLOAT16,
    "nvjet_sm90_tst_320x128_64x3_1x2_h_bz_coopB_NNT": Precision.BFLOAT16,
    "nvjet_hsh_128x256_64x4_1x2_h_bz_coopA_NNT": Precision.FLOAT16,
    "nvjet_sm90_xyz_128x256_64x4_1x2_h_bz_coopA_NNT": Precision.UNKNOWN,
    "cutlass_80_tensorop_d884gemm_64x64_16x4_nn_align1": Precision.FLOAT64,
    "void cutlass::Kernel2<cutlass_80_tensorop_i16832gemm_s8_128x128_64x5_tn_align16>()": Precision.UNKNOWN,
    "sm80_xmma_gemm_i8i8_i8i32_f32_tn_n_tilesize128x64x64": Precision.INT8,
    "sm90_xmma_gemm_e4m3bf16_e4m3f32_f32_tn_n_tilesize128x128x128": Precision.FLOAT8,
    "void gemmSN_NN_kernel<float, 256, 4, 2, 8, 3, 4, false>()": Precision.UNKNOWN,
    "triton_tem_fused_mm_1": Precision.UNKNOWN,
    "ampere_cgemm_32x32_tn": Precision.UNKNOWN,
}
CONVOLUTIONS = {
    "sm80_xmma_fprop_implicit_gemm_f32f32_f32f32_f32_nhwckrsc_nchw_tilesize128x128x8_ffma": Precision.FLOAT32,
    "sm90_xmma_wgrad_indexed_implicit_gemm_f32f32_tf32f32_f32_nhwckrsc_nhwc_tilesize128x128x32": Precision.TF32,
    "sm80_xmma_dgrad_implicit_gemm_indexed_bf16bf16_bf16f32_f32_nhwckrsc_nhwc_tilesize128x128x32": Precision.BFLOAT16,
    "void implicit_convolve_sgemm<float, float, 128, 5, 5, 3, 3, 3, 1, false, false, true>()": Precision.FLOAT32,
    "ampere_scudnn_128x64_relu_medium_nn_v1": Precision.UNKNOWN,
    "void conv2d_grouped_direct_kernel<false, true, false, 0, 0, int, float>()": Precision.UNKNOWN,
}
ATTENTION = {
    "cudnn_generated_fort_native_sdpa_sm90_flash_bprop_wgmma_f16_knob_26_64x64x64_1x4x1": Precision.UNKNOWN,
    "void flash_fwd_kernel<Flash_fwd_kernel_traits<128, 128, 64, 4, false, cutlass::bfloat16_t>>": Precision.BFLOAT16,
    "void flash_bwd_dq_dk_dv_loop_kernel<Flash_bwd_kernel_traits<64, cutlass::half_t>>": Precision.FLOAT16,
    "fmha_cutlassF_f32_aligned_64x64_rf_sm80(PyTorchMemEffAttention::AttentionKernel::Params)": Precision.UNKNOWN,
}
OTHERS = [
    "void at::native::vectorized_elementwise_kernel<4, at::native::FillFunctor<float>>",
    "triton_poi_fused_convolution_relu_1",
    "triton_red_fused_addmm_mul_0",
    "void cudnn::engines_precompiled::nchwToNhwcKernel<float, float, float, false, true>()",
    "void cublasLt::splitKreduce_kernel<32, 16, int, float, float, float, float>()",
    "void fbgemm_gpu::permute_2D_lengths_kernel<int>()",
    "void at::native::im2col_kernel<float>()",
    "convert_fp16_to_fp32",
]


@pytest.mark.parametrize(
    ("names", "kind"),
    [(PRODUCTS, Kind.PRODUCT), (CONVOLUTIONS, Kind.CONVOLUTION), (ATTENTION, Kind.ATTENTION)],
    ids=["products", "convolutions", "attention"],
)
def test_names_say_kind_and_precision(names, kind):
    assert {name: kind_of(name) for name in names} == dict.fromkeys(names, kind)
    assert {name: precision_of(name) for name in names} == names


def test_names_of_other_kernels_are_of_no_kind():
    assert {name: kind_of(name) for name in OTHERS} == dict.fromkeys(OTHERS, Kind.OTHER)


def test_a_matrix_by_a_vector_is_a_product_of_its_own():
    name = "void gemv2T_kernel_val<int, int, float, float, float, float, 128, 16, 4, 4, false>()"
    assert kind_of(name) is Kind.PRODUCT
    assert is_of_vectors(name)
    assert not is_of_vectors("ampere_sgemm_128x64_tn")
