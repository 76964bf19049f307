"""Two devices compute: do they compute concurrently?

Each of two devices computes the same 50 matrix products: one device alone, the other alone, one after the other (the
host waits in between), and both launched back to back with one wait at the end. A launch only enqueues, so the second
launch happens while the first device is busy, and both together take as long as one.

    python samples/two_gpus.py
    gpu-trace run samples/two_gpus.py

Look at "devices computing concurrently" in the summary: the share of the shorter device's compute time during which the
other one also computed, over the whole run. Select one variant (``--variant both``) to see it for that one alone.

With one GPU the two are streams of it. Products this large fill the GPU, so both concurrently take as long as one after
the other. Without a GPU two threads of the CPU replace it; compare the threads busy concurrently.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor

import nvtx
import torch
import variants


class Worker(ABC):
    """A device, or a part of one, with a queue: `launch` enqueues and returns, `wait` waits until all is done."""

    def __init__(self, name: str, device: str, size: int, products: int) -> None:
        self.name = name
        self.products = products
        self.matrix = torch.randn(size, size, device=device) / size**0.5

    @abstractmethod
    def launch(self) -> None: ...

    @abstractmethod
    def wait(self) -> torch.Tensor: ...

    def run(self) -> torch.Tensor:
        for _ in range(self.products):
            y = self.matrix @ self.matrix
        return y

    def check(self, y: torch.Tensor) -> None:
        """Raise unless ``y`` is the product: a few of its rows, in double precision, on the device itself."""
        rows = self.matrix[:4].double() @ self.matrix.double()
        torch.testing.assert_close(y[:4].double(), rows, rtol=1e-3, atol=1e-3)


class GpuWorker(Worker):
    """A GPU, through a stream of its own."""

    def __init__(self, name: str, device: str, size: int, products: int) -> None:
        super().__init__(name, device, size, products)
        torch.cuda.synchronize(device)
        self.stream = torch.cuda.Stream(device)

    def launch(self) -> None:
        with torch.cuda.stream(self.stream):
            self.result = self.run()

    def wait(self) -> torch.Tensor:
        self.stream.synchronize()
        return self.result


class CpuWorker(Worker):
    """A thread of the CPU."""

    def __init__(self, name: str, device: str, size: int, products: int) -> None:
        super().__init__(name, device, size, products)
        # One core for each: torch counts threads per thread.
        self.thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
        self.pending: Future[torch.Tensor] = self.thread.submit(self.run)

    def launch(self) -> None:
        def work() -> torch.Tensor:
            with nvtx.annotate(self.name, color="green"):
                return self.run()

        self.pending = self.thread.submit(work)

    def wait(self) -> torch.Tensor:
        return self.pending.result()


def first(pair: tuple[Worker, Worker]) -> list[tuple[Worker, torch.Tensor]]:
    return alone(pair[0])


def second(pair: tuple[Worker, Worker]) -> list[tuple[Worker, torch.Tensor]]:
    return alone(pair[1])


def alone(worker: Worker) -> list[tuple[Worker, torch.Tensor]]:
    worker.launch()
    return [(worker, worker.wait())]


def in_turns(pair: tuple[Worker, Worker]) -> list[tuple[Worker, torch.Tensor]]:
    return first(pair) + second(pair)


def both(pair: tuple[Worker, Worker]) -> list[tuple[Worker, torch.Tensor]]:
    for worker in pair:
        worker.launch()
    return [(worker, worker.wait()) for worker in pair]


VARIANTS = {"first": first, "second": second, "in_turns": in_turns, "both": both}


def check(results: list[tuple[Worker, torch.Tensor]]) -> None:
    for worker, y in results:
        worker.check(y)


def workers(gpus: int, size: int | None, products: int | None) -> tuple[str, Worker, Worker]:
    """The workers for the two devices on this machine, and a sentence that names them."""
    if gpus >= 2:
        where, kind, devices = "GPU 0 and GPU 1", GpuWorker, ("cuda:0", "cuda:1")
    elif gpus == 1:
        where, kind, devices = "one GPU only: two streams of it stand in", GpuWorker, ("cuda:0", "cuda:0")
    else:
        where, kind, devices = "no GPU here: two CPU threads stand in", CpuWorker, ("cpu", "cpu")
    size, products = size or (4000 if gpus else 1000), products or (50 if gpus else 20)
    a, b = (kind(f"worker {i}", device, size, products) for i, device in enumerate(devices, 1))
    return f"{products} products of {size}x{size} float32 each ({where})", a, b


def main() -> None:
    options = variants.parser(__doc__, VARIANTS)
    options.add_argument("--size", type=int, help="size of the square matrices  [default: 4000, on a CPU 1000]")
    options.add_argument("--products", type=int, help="products per device  [default: 50, on a CPU 20]")
    args = options.parse_args()
    text, a, b = workers(torch.cuda.device_count(), args.size, args.products)
    print(text)
    variants.run((a, b), VARIANTS, check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
