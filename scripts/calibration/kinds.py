"""The kinds of work that are measured. Each puts one operation into the current stream.

They stand for classes of operations, and share neither scripts nor sizes with anything that is predicted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 1 << 20
_TF32 = "high"
_FLOAT32 = "highest"
_BLOCK_OF_JIT = 512
"""elements per block of a kernel that torch.cuda.jiterator makes: 128 threads of 4"""
_ITERATIONS = 6_000
_ROW = 5 << 16
"""elements per row, and so per block, of a norm"""
_FEW_PRODUCT = (96, 3_000)
"""rows and inner side of a product with few blocks"""
_COLUMNS_PER_BLOCK = 96

# Eight independent chains, so that one block keeps the arithmetic units of its multiprocessor busy.
_ARITHMETIC = """
template <typename T> T arithmetic(T x, T count) {
    T a = x, b = x + 1, c = x + 2, d = x + 3, e = x + 4, f = x + 5, g = x + 6, h = x + 7;
    for (int i = 0; i < (int)count; i++) {
        a = a * x + x; b = b * x + x; c = c * x + x; d = d * x + x;
        e = e * x + x; f = f * x + x; g = g * x + x; h = h * x + x;
    }
    return a + b + c + d + e + f + g + h;
}
"""


@dataclass(frozen=True)
class Kind:
    """A kind of work: its key in the table, and what enqueues one operation of it."""

    key: str
    run: Callable[[], object]


def large() -> Iterator[Kind]:
    """Kernels that fill the GPU, limited by its arithmetic or by its memory."""
    yield _product("product_float32", 3_328, torch.float32, _FLOAT32)
    yield _product("product_tf32", 6_656, torch.float32, _TF32)
    yield _product("product_bfloat16", 6_656, torch.bfloat16, _FLOAT32)
    one, other = (torch.rand(160 * MIB // 4, device="cuda") for _ in range(2))
    yield Kind("elementwise", lambda: torch.add(one, 1.5, out=other))
    total = torch.zeros((), device="cuda")
    yield Kind("reduction", lambda: torch.sum(one, dim=0, out=total))


def _product(key: str, side: int, dtype: torch.dtype, precision: str) -> Kind:
    a, b, c = (torch.rand(side, side, device="cuda").to(dtype) for _ in range(3))

    def run() -> None:
        torch.set_float32_matmul_precision(precision)
        torch.mm(a, b, out=c)

    return Kind(key, run)


def copies(size: int) -> Iterator[Kind]:
    """Copies of so many bytes between pinned memory and the device in both directions, and inside the device."""
    yield _copy("copy_h2d", _device(size), _pinned(size))
    yield _copy("copy_d2h", _pinned(size), _device(size))
    yield _copy("copy_d2d", _device(size), _device(size))


def between_gpus(size: int) -> Iterator[Kind]:
    """A copy to another GPU, and a collective of both; nothing on a machine with one."""
    if torch.cuda.device_count() < 2:
        return
    yield _copy("copy_p2p", _device(size, 1), _device(size))
    if torch.cuda.nccl.is_available([_device(1), _device(1, 1)]):
        parts = [torch.rand(size // 4, device=f"cuda:{index}") for index in range(2)]
        second = torch.cuda.Stream(device=1)
        yield Kind("collective", lambda: torch.cuda.nccl.all_reduce(parts, streams=_streams(second)))


def _streams(second: torch.cuda.Stream) -> list[torch.cuda.Stream]:
    return [torch.cuda.current_stream(), second]


def _copy(key: str, target: torch.Tensor, source: torch.Tensor) -> Kind:
    return Kind(key, lambda: target.copy_(source, non_blocking=True))


def _device(size: int, index: int = 0) -> torch.Tensor:
    return torch.ones(size, dtype=torch.uint8, device=f"cuda:{index}")


def _pinned(size: int) -> torch.Tensor:
    return torch.ones(size, dtype=torch.uint8, pin_memory=True)


def blocks_of_arithmetic(blocks: int) -> Kind:
    """A kernel of so many blocks, each of which keeps one multiprocessor busy."""
    arithmetic = _arithmetic()
    x = torch.rand(blocks * _BLOCK_OF_JIT, device="cuda")
    return Kind("blocks_arithmetic", lambda: arithmetic(x, count=float(_ITERATIONS)))


@cache
def _arithmetic() -> Callable[..., torch.Tensor]:
    """An operator of `_ARITHMETIC`, compiled once."""
    return torch.cuda.jiterator._create_jit_fn(_ARITHMETIC, count=0.0)


def blocks_of_norm(blocks: int) -> Kind:
    """A kernel of so many blocks that waits for memory: a layer's norm has one block per row."""
    x = torch.rand(blocks, _ROW, device="cuda")
    return Kind("blocks_norm", lambda: torch.nn.functional.layer_norm(x, x.shape[1:]))


def blocks_of_product(blocks: int) -> Kind:
    """A product of few tiles; cuBLAS decides how many blocks these are."""
    rows, inner = _FEW_PRODUCT
    a = torch.rand(rows, inner, device="cuda")
    b = torch.rand(inner, blocks * _COLUMNS_PER_BLOCK, device="cuda")
    c = torch.empty(rows, blocks * _COLUMNS_PER_BLOCK, device="cuda")

    def run() -> None:
        torch.set_float32_matmul_precision(_FLOAT32)
        torch.mm(a, b, out=c)

    return Kind("blocks_product", run)
