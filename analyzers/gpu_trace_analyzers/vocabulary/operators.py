"""The names of PyTorch's operators that gpu-trace knows the arithmetic of."""

from __future__ import annotations

MULTIPLYING = (
    "aten::mm",
    "aten::addmm",
    "aten::_addmm_activation",
    "aten::bmm",
    "aten::baddbmm",
    "aten::_scaled_mm",
    "aten::_int_mm",
    "aten::convolution",
    "aten::_convolution",
    "aten::convolution_backward",
    "aten::_scaled_dot_product_flash_attention",
    "aten::_scaled_dot_product_efficient_attention",
    "aten::_scaled_dot_product_cudnn_attention",
    "aten::_scaled_dot_product_flash_attention_backward",
    "aten::_scaled_dot_product_efficient_attention_backward",
    "aten::_scaled_dot_product_cudnn_attention_backward",
)
"""Those with a formula in ``questions/compute/flops.py``: readers keep them if their shapes were recorded."""
