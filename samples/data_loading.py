"""A model is fed batch after batch: does it wait for its data?

A small network trains on batches in host memory. Every variant computes the same losses.

- **pageable** is ``batch.to("cuda")``. The driver stages pageable memory piece by piece, far below the link's speed,
  and the host waits. Look at the rate of "copy H2D" in the summary.
- **pinned** copies from pinned memory with ``non_blocking=True``. The copy runs at full speed and the host goes on, but
  the copy and the training step are serialized on one stream: hidden copy 0.
- **prefetch** copies the next batch on a side stream while the current one is computed, into the free one of two
  buffers. One event marks that a batch has arrived, another that its buffer may be overwritten. Only the first batch is
  exposed.

    python samples/data_loading.py
    gpu-trace run samples/data_loading.py --variant pinned --variant prefetch

Without a GPU, the loading itself can be hidden. A batch is compressed in memory. Loading unpacks it, mirrors half of
the images, and normalizes all. **same_thread** does this between the training steps, **loader_thread** does it on a
thread, one batch ahead. (Unpacking is not an operator of PyTorch: the range "load" shows how long it took.)
"""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import nvtx
import torch
import variants
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    Variant = Callable[["Training"], torch.Tensor]

ON_GPU = torch.cuda.is_available()
CLASSES = 10


class Training:
    """A network, and its batches in host memory: pageable and pinned, or compressed without a GPU."""

    def __init__(self, batches: int, batch: int, features: int, hidden: int) -> None:
        device = "cuda" if ON_GPU else "cpu"
        torch.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, CLASSES)).to(device)
        self.start = [parameter.detach().clone() for parameter in self.model.parameters()]
        self.labels = list(torch.randint(CLASSES, (batches, batch), device=device))
        self.shape = batch, features
        pixels = torch.randint(16, (batches, *self.shape), dtype=torch.uint8)  # 4 of 8 bits: something to unpack
        if ON_GPU:
            self.pageable = [each.float().div_(16) for each in pixels]
            self.pinned = [each.pin_memory() for each in self.pageable]
            self.buffers = [torch.empty(self.shape, device=device) for _ in range(2)]
            self.copies = torch.cuda.Stream()
        else:
            self.packed = [zlib.compress(each.numpy(), 1) for each in pixels]
            self.loader = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
        self.expected = (pageable if ON_GPU else same_thread)(self)

    def restart(self) -> None:
        """Restore the initial weights."""
        with torch.no_grad():
            for parameter, start in zip(self.model.parameters(), self.start, strict=True):
                parameter.copy_(start)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)

    def step(self, x: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Learn from one batch; its loss stays on the device, so that the host does not wait for it."""
        self.optimizer.zero_grad()
        loss = nn.functional.cross_entropy(self.model(x), labels)
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def load(self, i: int) -> torch.Tensor:
        """Unpack a batch, mirror the second half of its images, and scale it."""
        with nvtx.annotate("load", color="cyan"):
            pixels = torch.frombuffer(bytearray(zlib.decompress(self.packed[i])), dtype=torch.uint8)
            x = pixels.view(self.shape).float().div_(16)
            half = len(x) // 2
            x[half:] = x[half:].flip(1)
            return x

    def check(self, losses: torch.Tensor) -> None:
        """Raise unless the losses are those of the plainest variant: a late batch, or half a batch, gives others."""
        torch.testing.assert_close(losses, self.expected, rtol=1e-5, atol=0)


def pageable(training: Training) -> torch.Tensor:
    training.restart()
    batches = zip(training.pageable, training.labels, strict=True)
    return torch.stack([training.step(x.to("cuda"), labels) for x, labels in batches])


def pinned(training: Training) -> torch.Tensor:
    training.restart()
    batches = zip(training.pinned, training.labels, strict=True)
    return torch.stack([training.step(x.to("cuda", non_blocking=True), labels) for x, labels in batches])


def prefetch(training: Training) -> torch.Tensor:
    training.restart()
    arrived, free = ([torch.cuda.Event() for _ in training.buffers] for _ in range(2))

    def fetch(i: int) -> None:
        with torch.cuda.stream(training.copies):
            free[i % 2].wait()  # never recorded before the first use, so the first wait returns immediately
            training.buffers[i % 2].copy_(training.pinned[i], non_blocking=True)
            arrived[i % 2].record()

    losses = []
    fetch(0)
    for i, labels in enumerate(training.labels):
        if i + 1 < len(training.labels):
            fetch(i + 1)
        arrived[i % 2].wait()
        losses.append(training.step(training.buffers[i % 2], labels))
        free[i % 2].record()
    return torch.stack(losses)


def same_thread(training: Training) -> torch.Tensor:
    training.restart()
    return torch.stack([training.step(training.load(i), labels) for i, labels in enumerate(training.labels)])


def loader_thread(training: Training) -> torch.Tensor:
    training.restart()
    losses = []
    coming = training.loader.submit(training.load, 0)
    for i, labels in enumerate(training.labels):
        x = coming.result()
        if i + 1 < len(training.labels):
            coming = training.loader.submit(training.load, i + 1)
        losses.append(training.step(x, labels))
    return torch.stack(losses)


GPU_VARIANTS: dict[str, Variant] = {"pageable": pageable, "pinned": pinned, "prefetch": prefetch}
CPU_VARIANTS: dict[str, Variant] = {"same_thread": same_thread, "loader_thread": loader_thread}


def main() -> None:
    options = variants.parser(__doc__, GPU_VARIANTS | CPU_VARIANTS)
    options.add_argument("--batches", type=int, default=16)
    options.add_argument("--batch", type=int, default=2048 if ON_GPU else 512, help="images per batch")
    options.add_argument("--features", type=int, default=8192 if ON_GPU else 3072, help="numbers per image")
    options.add_argument("--hidden", type=int, default=1536 if ON_GPU else 128, help="width of the network")
    args = options.parse_args()
    if ON_GPU:
        where = torch.cuda.get_device_name()
    else:
        where = f"no GPU here: unpacking stands in for copying, on {variants.cores()} cores"
        torch.set_num_threads(1)  # leave a core to the thread that loads
    print(f"{args.batches} batches of {args.batch}x{args.features} float32 ({where})")
    training = Training(args.batches, args.batch, args.features, args.hidden)
    variants.run(training, GPU_VARIANTS if ON_GPU else CPU_VARIANTS, training.check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
