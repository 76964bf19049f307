"""What does a kernel compute, and in which precision? As far as its name says.

Libraries put the shape of a tile and the types of their operands into the names of their kernels:
``sm80_xmma_gemm_f32f32_tf32f32_f32_tn_n_tilesize128x128x16_...``, ``ampere_bf16_s16816gemm_bf16_128x64_ldg8_...``.
Where a name does not say, nothing is guessed.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from ...model import Int8, Trace


class Kind(Enum):
    """What is computed. Its value is its key for programs."""

    PRODUCT = "products"
    CONVOLUTION = "convolutions"
    ATTENTION = "attention"
    OTHER = "other"


class Precision(Enum):
    """The type of what is multiplied. Its value is its key for programs, and its name in sentences."""

    FLOAT64 = "float64"
    FLOAT32 = "float32"
    """without tensor cores"""
    TF32 = "TF32"
    """float32 that the tensor cores round to 10 bits of mantissa"""
    FLOAT32_OR_TF32 = "float32 or TF32"
    """one of them: the operands are float32, and the kernel's name does not say"""
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"
    FLOAT8 = "float8"
    INT8 = "int8"
    UNKNOWN = ""


KINDS, PRECISIONS = tuple(Kind), tuple(Precision)
_T = TypeVar("_T")
_Rules = tuple[tuple[re.Pattern[str], _T], ...]


def _rules(*rules: tuple[str, _T]) -> _Rules[_T]:
    return tuple((re.compile(pattern, re.IGNORECASE), found) for pattern, found in rules)


def _first(rules: _Rules[_T], name: str, otherwise: _T) -> _T:
    return next((found for pattern, found in rules if pattern.search(name)), otherwise)


_KINDS = _rules(
    # Inductor names a kernel after the operators that it fuses, also after those whose results it merely reads.
    (r"^triton_(?!tem_)[a-z]+_fused_", Kind.OTHER),
    (r"flash|fmha|sdpa|attention", Kind.ATTENTION),
    # What only changes the layout for a convolution does not convolve.
    (r"nchwToNhwc|nhwcToNchw|im2col|col2im|splitK_?reduce|convert", Kind.OTHER),
    (r"fprop|dgrad|wgrad|winograd|conv(?:ol|[1-3]d|_)|scudnn|_convolution", Kind.CONVOLUTION),
    (r"(?<!fb)gemm|gemv|nvjet|xmma|cutlass_\d+_\w*(?:tensorop|simt)|^triton_tem_\w*mm", Kind.PRODUCT),
)
_PRECISIONS = _rules(
    (r"cgemm|zgemm|complex", Precision.UNKNOWN),
    (r"dgemm|d884|f64|double", Precision.FLOAT64),
    (r"e4m3|e5m2|f8f8|fp8", Precision.FLOAT8),
    (r"i8i8|imma|igemm|int8", Precision.INT8),
    # cuBLAS has a letter for each operand in the names of its newest kernels.
    (r"bf16|bfloat16|nvjet_(?:sm\d+_)?tst_", Precision.BFLOAT16),
    # cuDNN calls both types of 16 bits f16 in its kernels of attention.
    (r"sdpa_\w*_f16", Precision.UNKNOWN),
    (r"f16f16|fp16|_f16|hgemm|h(?:884|1688|16816)|half_t|__half|nvjet_(?:sm\d+_)?hsh_", Precision.FLOAT16),
    (r"tf32|s1688", Precision.TF32),
    (r"sgemm|f32f32_f32f32|ffma", Precision.FLOAT32),
)
"""The first that fits decides. A name that none fits does not say."""


def named(trace: Trace) -> tuple[Int8, Int8]:
    """For each row of ``Trace.work`` the places of its `Kind` and its `Precision` in `KINDS` and `PRECISIONS`.

    Of other work than kernels they mean nothing. (rows,) int8 each.
    """
    used = np.flatnonzero(np.bincount(trace.work.name, minlength=len(trace.strings)))
    kinds, precisions = (np.zeros(len(trace.strings), dtype=np.int8) for _ in range(2))
    names = [trace.strings[code] for code in used.tolist()]
    kinds[used] = [KINDS.index(kind_of(name)) for name in names]
    precisions[used] = [PRECISIONS.index(precision_of(name)) for name in names]
    precisions[kinds == KINDS.index(Kind.OTHER)] = PRECISIONS.index(Precision.UNKNOWN)
    return kinds[trace.work.name], precisions[trace.work.name]


@cache
def kind_of(name: str) -> Kind:
    """What a kernel of this name computes."""
    return _first(_KINDS, name, Kind.OTHER)


@cache
def precision_of(name: str) -> Precision:
    """In which precision a kernel of this name multiplies; `Precision.UNKNOWN` where it does not say."""
    return _first(_PRECISIONS, name, Precision.UNKNOWN)


@cache
def is_of_vectors(name: str) -> bool:
    """Whether it multiplies a matrix and a vector: that waits for memory, and no tensor core has a part in it."""
    return "gemv" in name.lower()
