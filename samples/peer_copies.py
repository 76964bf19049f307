"""Copies from one GPU to another: are they hidden behind the compute of the GPU that sends?

GPU 0 computes 50 products, and every result goes to GPU 1 over the link between them (peer to peer, P2P). No host
memory is involved, so nothing has to be pinned. Only the stream matters.

- **compute_only**, **copy_only** are the two alone; the longer of them is the lower bound of both together.
- **same_stream** enqueues each copy right after its product: product and copy are serialized, hidden copy 0.
- **side_stream** has a side stream for the copies and one event per product, so a copy waits for its own product only.
  Look for "copy P2P" next to "compute" in the summary of GPU 0: nearly all of it is hidden. The copies are operations
  of the GPU that sends; GPU 1 computes nothing.

    python samples/peer_copies.py
    gpu-trace run samples/peer_copies.py --variant same_stream --variant side_stream

With one GPU, the copies go from its memory to its memory (device to device, "copy D2D"). A side stream hides them too,
but they share the memory bandwidth with the products, so they take longer while products run (on an H200 nearly four
times as long). They do not count as copies by default; ``gpu-trace summary --copies d2d`` counts them. Without a GPU,
two CPU threads replace it, and a copy transposes a matrix, so that it is worth hiding. **same_thread** serializes
copies and products, **side_thread** hands each product to a thread that copies.
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

GPUS = torch.cuda.device_count()


class Bench:
    """Two matrices here, and memory there for their products, all allocated before any clock runs."""

    def __init__(self, size: int, inner: int, products: int) -> None:
        here = "cuda:0" if GPUS else "cpu"
        there = f"cuda:{min(GPUS, 2) - 1}" if GPUS else "cpu"
        self.left = torch.randn(size, inner, device=here)
        self.right = torch.randn(inner, size, device=here)
        self.products = [torch.zeros(size, size, device=here) for _ in range(products)]
        self.results = [torch.zeros(size, size, device=there) for _ in range(products)]
        if not GPUS:
            self.results = [result.t() for result in self.results]
        self.one = self.left @ self.right
        self.one_there = self.one.to(there)
        self.copies = torch.cuda.Stream(0) if GPUS else None

    def check(self, results: list[torch.Tensor]) -> None:
        """Raise unless every result is the complete product. Then overwrite them, so that no variant uses another's."""
        for result in results:
            expected = self.one if result.device == self.one.device else self.one_there
            if not torch.equal(result, expected):  # the same product, so mostly to the bit
                torch.testing.assert_close(result, expected)
            result.zero_()


def compute_only(bench: Bench) -> list[torch.Tensor]:
    return [torch.matmul(bench.left, bench.right, out=y) for y in bench.products]


def copy_only(bench: Bench) -> list[torch.Tensor]:
    return [result.copy_(bench.one, non_blocking=True) for result in bench.results]


def same_stream(bench: Bench) -> list[torch.Tensor]:
    for y, result in zip(bench.products, bench.results, strict=True):
        torch.matmul(bench.left, bench.right, out=y)
        result.copy_(y, non_blocking=True)
    return bench.results


def side_stream(bench: Bench) -> list[torch.Tensor]:
    for y, result in zip(bench.products, bench.results, strict=True):
        torch.matmul(bench.left, bench.right, out=y)
        ready = torch.cuda.Event()
        ready.record()
        with torch.cuda.stream(bench.copies):
            ready.wait()
            result.copy_(y, non_blocking=True)
    return bench.results


def side_thread(bench: Bench) -> list[torch.Tensor]:
    def copy(result: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        with nvtx.annotate("side_thread: copy", color="cyan"):
            return result.copy_(y)

    with ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as copies:
        pending = []
        for y, result in zip(bench.products, bench.results, strict=True):
            torch.matmul(bench.left, bench.right, out=y)
            pending.append(copies.submit(copy, result, y))  # the loop goes on to the next product
        return [copied.result() for copied in pending]


ALONE: dict[str, Variant] = {"compute_only": compute_only, "copy_only": copy_only}
GPU_VARIANTS: dict[str, Variant] = {**ALONE, "same_stream": same_stream, "side_stream": side_stream}
CPU_VARIANTS: dict[str, Variant] = {**ALONE, "same_thread": same_stream, "side_thread": side_thread}


def main() -> None:
    options = variants.parser(__doc__, GPU_VARIANTS | CPU_VARIANTS)
    options.add_argument("--size", type=int, default=4000 if GPUS else 1000, help="size of the square results")
    options.add_argument("--inner", type=int, default=4000 if GPUS else 200, help="inner dimension of each product")
    options.add_argument("--products", type=int, default=50)
    args = options.parse_args()
    if GPUS >= 2:
        peer = torch.cuda.can_device_access_peer(0, 1)
        where = "GPU 0 to GPU 1" + ("" if peer else ", which cannot reach each other: by way of the host")
    elif GPUS:
        where = "one GPU only: copies within its memory stand in"
    else:
        where = "no GPU here: two CPU threads stand in, one computes and one copies"
        torch.set_num_threads(1)  # leave a core to the thread that copies
    print(f"{args.products} products of {args.size}x{args.inner}x{args.size} float32 ({where})")
    bench = Bench(args.size, args.inner, args.products)
    variants.run(bench, GPU_VARIANTS if GPUS else CPU_VARIANTS, bench.check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
