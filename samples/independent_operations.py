"""Operations that do not depend on each other: does the framework run them in parallel by itself?

There are 64 operators, each with an input and an output of its own. Each is small: it has 8 rows, and a GPU computes a
row on one of its (132, on an H200) streaming multiprocessors (SMs), so many operators fit on the GPU concurrently.

- **one_stream** is the usual code. PyTorch launches the operators in program order on one stream, and operations on one
  stream run one after the other. It does not look for operators that could run concurrently.
- **a_stream_each** distributes them over 8 streams. Now they do run concurrently. Look at the tracks of the streams in
  Perfetto, and at the range's "compute" in the summary: several operators share each microsecond of it. The host limits
  how many, because it needs some microseconds per launch.
- **in_a_graph** has the same 8 streams captured once into a CUDA graph, whose branches are independent. One launch
  starts them all, so the host does not limit them.

    python samples/independent_operations.py
    gpu-trace run samples/independent_operations.py

Operators that fill the GPU gain nothing: try ``--operators 16 --rows 2048 --columns 8192``.

Without a GPU, threads of the CPU run the operators. **one_thread** runs them one after the other on one core.
**a_thread_each** distributes them over one thread per core. **every_core_each** is PyTorch's way: one operator after
the other, but the rows of each split over all cores. (The helping threads run no operators of their own, so they have
no rows in the trace. They wait for each other at every operator, which costs much time on a busy machine.)
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
STREAMS = 8


class Bench:
    """For each operator an input, an output, and the output that it must have."""

    def __init__(self, operators: int, rows: int, columns: int) -> None:
        device = "cuda" if ON_GPU else "cpu"
        self.inputs = [torch.randn(rows, columns, device=device) for _ in range(operators)]
        self.outputs = [torch.zeros_like(x) for x in self.inputs]
        self.expected = [torch.log_softmax(x, 1) for x in self.inputs]
        if ON_GPU:
            self.streams = [torch.cuda.Stream() for _ in range(STREAMS)]
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                a_stream_each(self)
        else:
            self.threads = ThreadPoolExecutor(variants.cores(), initializer=torch.set_num_threads, initargs=(1,))

    def operator(self, i: int) -> None:
        torch.log_softmax(self.inputs[i], 1, out=self.outputs[i])

    def check(self, outputs: list[torch.Tensor]) -> None:
        """Raise unless every output is what it must be, to the bit. Then overwrite them for the next variant."""
        for output, expected in zip(outputs, self.expected, strict=True):
            torch.testing.assert_close(output, expected, rtol=0, atol=0)
            output.zero_()


def one_stream(bench: Bench) -> list[torch.Tensor]:
    for i in range(len(bench.inputs)):
        bench.operator(i)
    return bench.outputs


def a_stream_each(bench: Bench) -> list[torch.Tensor]:
    main = torch.cuda.current_stream()
    for stream in bench.streams:
        stream.wait_stream(main)
    for i in range(len(bench.inputs)):
        with torch.cuda.stream(bench.streams[i % STREAMS]):
            bench.operator(i)
    for stream in bench.streams:
        main.wait_stream(stream)
    return bench.outputs


def in_a_graph(bench: Bench) -> list[torch.Tensor]:
    bench.graph.replay()
    return bench.outputs


def a_thread_each(bench: Bench) -> list[torch.Tensor]:
    def share(first: int) -> None:
        with nvtx.annotate("a_thread_each: share", color="cyan"):
            for i in range(first, len(bench.inputs), variants.cores()):
                bench.operator(i)

    list(bench.threads.map(share, range(variants.cores())))
    return bench.outputs


def every_core_each(bench: Bench) -> list[torch.Tensor]:
    torch.set_num_threads(variants.cores())
    one_stream(bench)
    torch.set_num_threads(1)
    return bench.outputs


GPU_VARIANTS: dict[str, Variant] = {
    "one_stream": one_stream,
    "a_stream_each": a_stream_each,
    "in_a_graph": in_a_graph,
}
CPU_VARIANTS: dict[str, Variant] = {
    "one_thread": one_stream,
    "a_thread_each": a_thread_each,
    "every_core_each": every_core_each,
}


def main() -> None:
    options = variants.parser(__doc__, GPU_VARIANTS | CPU_VARIANTS)
    options.add_argument("--operators", type=int, default=64)
    options.add_argument("--rows", type=int, default=8, help="rows of each operator's matrix")
    options.add_argument("--columns", type=int, default=524288 if ON_GPU else 65536)
    args = options.parse_args()
    if ON_GPU:
        where = torch.cuda.get_device_name()
    else:
        where = f"no GPU here: threads of the CPU stand in for streams, on {variants.cores()} cores"
        torch.set_num_threads(1)
    print(f"{args.operators} operators on {args.rows}x{args.columns} float32 each ({where})")
    bench = Bench(args.operators, args.rows, args.columns)
    variants.run(bench, GPU_VARIANTS if ON_GPU else CPU_VARIANTS, bench.check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
