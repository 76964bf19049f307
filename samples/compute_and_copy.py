"""Compute on the GPU and copy every result to the CPU: are the copies hidden behind compute?

The textbook has two versions. "blocking" computes 50 products and then copies each with ``y.to('cpu')``.
"non_blocking" uses ``y.to('cpu', non_blocking=True)`` and is ten times faster. Look for these in the trace:

- **blocking** copies into new pageable memory at a thirtieth of the link's speed, and the host waits for each copy.
- **non_blocking** copies at full speed into pinned memory, and the host does not wait. It overlaps *nothing*: products
  and copies are on one stream, and operations on one stream run one after the other.
- **interleaved** enqueues each copy right after its product. Same stream, same result.
- **side_stream_pageable** has a side stream for the copies, but copies into pageable memory: a quarter of the
  link's speed, although this memory is reused, and the host still waits.
- **side_stream_pinned** has pinned memory, a side stream for the copies, and one event per product, so a copy waits
  for its own product only. This version overlaps, and is about as fast as the longer of compute and copies alone.

    python samples/compute_and_copy.py
    gpu-trace run samples/compute_and_copy.py --variant non_blocking --variant side_stream_pinned

Without a GPU, two threads of the CPU replace it: one multiplies, one copies from memory to memory. There is then no
pinned memory and no stream, so there are fewer variants. The products are flat, so that a copy is worth hiding.
**compute_then_copy** and **interleaved** serialize copies and products. **side_thread** hands each product to a thread
that copies, and goes on with the next product.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import nvtx
import torch
import variants

if TYPE_CHECKING:
    from collections.abc import Callable

    Variant = Callable[["Bench"], list[torch.Tensor]]

ON_GPU = torch.cuda.is_available()


class Bench:
    """Two matrices, and memory for the copies of their products, allocated before any clock runs."""

    def __init__(self, size: int, inner: int, products: int) -> None:
        device = "cuda" if ON_GPU else "cpu"
        self.products = products
        self.left = torch.randn(size, inner, device=device)
        self.right = torch.randn(inner, size, device=device)
        self.product = self.multiply()
        self.expected = self.product.cpu()
        if ON_GPU:
            self.pageable = [torch.zeros(size, size) for _ in range(products)]
            self.pinned = [torch.zeros(size, size, pin_memory=True) for _ in range(products)]
        else:
            self.on_cpu = [torch.zeros(size, size) for _ in range(products)]
            # Transposing as it copies makes a copy within one memory long enough to be worth hiding.
            self.transposed = [torch.zeros(size, size).t() for _ in range(products)]

    def multiply(self) -> torch.Tensor:
        """Launch one product."""
        return self.left @ self.right

    def check(self, results: list[torch.Tensor]) -> None:
        """Raise unless every result is the complete product. Then overwrite them, so that no variant uses another's."""
        for result in results:
            expected = self.product if result.device == self.product.device else self.expected
            if not torch.equal(result, expected):  # the same product, so mostly to the bit
                torch.testing.assert_close(result, expected)
            result.zero_()


def compute_only(bench: Bench) -> list[torch.Tensor]:
    return [bench.multiply() for _ in range(bench.products)]


def copy_only_pageable(bench: Bench) -> list[torch.Tensor]:
    return [result.copy_(bench.product) for result in bench.pageable]


def copy_only_pinned(bench: Bench) -> list[torch.Tensor]:
    return [result.copy_(bench.product, non_blocking=True) for result in bench.pinned]


def blocking(bench: Bench) -> list[torch.Tensor]:
    ys = [bench.multiply() for _ in range(bench.products)]
    return [y.to("cpu") for y in ys]


def non_blocking(bench: Bench) -> list[torch.Tensor]:
    ys = [bench.multiply() for _ in range(bench.products)]
    return [y.to("cpu", non_blocking=True) for y in ys]


def interleaved(bench: Bench) -> list[torch.Tensor]:
    return [bench.multiply().to("cpu", non_blocking=True) for _ in range(bench.products)]


def side_stream_pageable(bench: Bench) -> list[torch.Tensor]:
    return _on_side_stream(bench, bench.pageable)


def side_stream_pinned(bench: Bench) -> list[torch.Tensor]:
    return _on_side_stream(bench, bench.pinned)


def _on_side_stream(bench: Bench, results: list[torch.Tensor]) -> list[torch.Tensor]:
    copies = torch.cuda.Stream()
    for result in results:
        y = bench.multiply()
        ready = torch.cuda.Event()
        ready.record()
        with torch.cuda.stream(copies):
            copies.wait_event(ready)
            result.copy_(y, non_blocking=True)
        y.record_stream(copies)  # its memory must not be used again before the copy is done
    return results


def cpu_compute_only(bench: Bench) -> list[torch.Tensor]:
    return [torch.matmul(bench.left, bench.right, out=y) for y in bench.on_cpu]


def cpu_copy_only(bench: Bench) -> list[torch.Tensor]:
    return [result.copy_(bench.product) for result in bench.transposed]


def cpu_compute_then_copy(bench: Bench) -> list[torch.Tensor]:
    ys = cpu_compute_only(bench)
    return [result.copy_(y) for result, y in zip(bench.transposed, ys, strict=True)]


def cpu_interleaved(bench: Bench) -> list[torch.Tensor]:
    pairs = zip(bench.transposed, bench.on_cpu, strict=True)
    return [result.copy_(torch.matmul(bench.left, bench.right, out=y)) for result, y in pairs]


def cpu_side_thread(bench: Bench) -> list[torch.Tensor]:
    def copy(result: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with nvtx.annotate("side_thread: copy", color="cyan"):
            return result.copy_(y)

    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as copies:
        pending = []
        for result, y in zip(bench.transposed, bench.on_cpu, strict=True):
            torch.matmul(bench.left, bench.right, out=y)
            pending.append(copies.submit(copy, result, y))  # the loop goes on to the next product
        return [copied.result() for copied in pending]


GPU_VARIANTS: dict[str, Variant] = {
    "compute_only": compute_only,
    "copy_only_pinned": copy_only_pinned,
    "copy_only_pageable": copy_only_pageable,
    "blocking": blocking,
    "non_blocking": non_blocking,
    "interleaved": interleaved,
    "side_stream_pageable": side_stream_pageable,
    "side_stream_pinned": side_stream_pinned,
}
CPU_VARIANTS: dict[str, Variant] = {
    "compute_only": cpu_compute_only,
    "copy_only": cpu_copy_only,
    "compute_then_copy": cpu_compute_then_copy,
    "interleaved": cpu_interleaved,
    "side_thread": cpu_side_thread,
}


def main() -> None:
    options = variants.parser(__doc__, [*GPU_VARIANTS, *CPU_VARIANTS])
    options.add_argument("--size", type=int, default=4000 if ON_GPU else 1000, help="size of the square results")
    options.add_argument("--inner", type=int, default=4000 if ON_GPU else 100, help="inner dimension of each product")
    options.add_argument("--products", type=int, default=50)
    args = options.parse_args()
    if ON_GPU:
        where = torch.cuda.get_device_name()
    else:
        where = "no GPU here: two CPU threads stand in, one computes and one copies"
        torch.set_num_threads(1)  # leave a core to the thread that copies
    print(f"{args.products} products of {args.size}x{args.inner}x{args.size} float32 ({where})")
    bench = Bench(args.size, args.inner, args.products)
    variants.run(bench, GPU_VARIANTS if ON_GPU else CPU_VARIANTS, bench.check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
