"""How small must an operator be for parallelism to help, and when is it too small?

For each size, there are as many independent products of size x size matrices as take some milliseconds:

- **N_in_turns** launches them one after the other.
- **N_parallel** distributes them over 8 streams of the GPU; without a GPU, over one thread per core.
- **N_graph** (GPU only) has the 8 streams as the branches of one CUDA graph, launched once.

    python samples/small_operators.py
    gpu-trace run samples/small_operators.py --size 256

The last lines print the range of sizes in which parallelism helped. On a GPU the range ends where one product fills all
streaming multiprocessors (SMs), because then no SM is free for a second one. It starts where a product runs for longer
than its launch. The GPU finishes a smaller product before the host can launch the next one, and no number of streams
changes that. A graph does.

On a CPU the range starts where a product runs for longer than the interpreter needs to call it, because the interpreter
runs one thread at a time. It does not end: a core has no room for a second product, but there are other cores.
(PyTorch alone would split a large product over all cores; here each product gets one, so that the comparison is fair.)
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import nvtx
import torch
import variants

if TYPE_CHECKING:
    from collections.abc import Callable

ON_GPU = torch.cuda.is_available()
LANES = 8 if ON_GPU else variants.cores()
SIZES = (64, 128, 256, 512, 1024, 2048) if ON_GPU else (16, 32, 64, 128, 256, 512)
MOST = 1000 if ON_GPU else 4000
"""products of one size"""
HELPS = 1.1
"""parallel counts as faster from this ratio on: in_turns / parallel"""


class Bench:
    """``count`` independent products of one size, whose results must be ``expected``."""

    def __init__(self, size: int, count: int) -> None:
        device = "cuda" if ON_GPU else "cpu"
        self.matrix = torch.randn(size, size, device=device) / size**0.5
        self.expected = self.matrix @ self.matrix
        self.results = torch.zeros(count, size, size, device=device)
        self.each = list(self.results)  # views, made before any clock runs
        if ON_GPU:
            self.streams = [torch.cuda.Stream() for _ in range(LANES)]
            in_streams(self)  # warm: a graph cannot load kernels or allocate workspaces
            torch.cuda.synchronize()
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                in_streams(self)
        else:
            self.threads = ThreadPoolExecutor(LANES, initializer=torch.set_num_threads, initargs=(1,))

    def check(self, results: torch.Tensor) -> None:
        """Raise unless all are the product. Then overwrite them for the next variant."""
        torch.testing.assert_close(results, self.expected.expand_as(results))
        results.zero_()

    def work(self, first: int, step: int) -> None:
        for result in self.each[first::step]:
            torch.mm(self.matrix, self.matrix, out=result)


def in_turns(bench: Bench) -> torch.Tensor:
    bench.work(0, 1)
    return bench.results


def in_streams(bench: Bench) -> torch.Tensor:
    main = torch.cuda.current_stream()
    for stream in bench.streams:
        stream.wait_stream(main)
    for i, result in enumerate(bench.each):
        with torch.cuda.stream(bench.streams[i % LANES]):
            torch.mm(bench.matrix, bench.matrix, out=result)
    for stream in bench.streams:
        main.wait_stream(stream)
    return bench.results


def in_a_graph(bench: Bench) -> torch.Tensor:
    bench.graph.replay()
    return bench.results


def in_threads(bench: Bench) -> torch.Tensor:
    def share(first: int) -> None:
        with nvtx.annotate(f"{len(bench.matrix)}_parallel: share", color="cyan"):
            bench.work(first, LANES)

    list(bench.threads.map(share, range(LANES)))
    return bench.results


WAYS: dict[str, Callable[[Bench], torch.Tensor]] = (
    {"in_turns": in_turns, "parallel": in_streams, "graph": in_a_graph}
    if ON_GPU
    else {"in_turns": in_turns, "parallel": in_threads}
)


def sweep(sizes: list[int], work: int, chosen: list[str] | None, repeats: int) -> dict[str, float]:
    """The wall clock of every variant of every size; ``work`` is the number of multiplications of each."""
    took: dict[str, float] = {}
    for size in sizes:
        names = {f"{size}_{way}": run for way, run in WAYS.items()}
        wanted = [name for name in names if chosen is None or name in chosen]
        if wanted:
            bench = Bench(size, count=min(MOST, max(2 * LANES, work // size**3)))
            took |= variants.run(bench, names, bench.check, wanted, repeats)
    return took


def conclusion(took: dict[str, float], sizes: list[int], way: str) -> str:
    """From which size to which ``way`` was faster than one after the other."""
    gain = {size: took[f"{size}_in_turns"] / took[f"{size}_{way}"] for size in sizes}
    helped = [size for size in sizes if gain[size] >= HELPS]
    gains = ", ".join(f"{size}: {gain[size]:.2f}x" for size in sizes)
    where = f"helped from {helped[0]} to {helped[-1]}" if helped else "helped at no size"
    return f"{way} {where} ({gains})"


def main() -> None:
    options = variants.parser(__doc__, [f"{size}_{way}" for size in SIZES for way in WAYS])
    options.add_argument("--size", type=int, action="append", help=f"can be repeated  [default: {SIZES}]")
    options.add_argument("--work", type=int, default=5 * 10**10 if ON_GPU else 10**9, help="multiplications per size")
    args = options.parse_args()
    if ON_GPU:
        where = torch.cuda.get_device_name()
    else:
        where = f"no GPU here: threads of the CPU stand in for streams, on {variants.cores()} cores"
        torch.set_num_threads(1)
    sizes = sorted(args.size or SIZES)
    print(f"products of {', '.join(map(str, sizes))} squared, in turns and {LANES} at a time ({where})")
    took = sweep(sizes, args.work, args.variant, args.repeats)
    for way in list(WAYS)[1:]:
        if args.variant is None:
            print(conclusion(took, sizes, way))


if __name__ == "__main__":
    main()
