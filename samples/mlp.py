"""Train a network of two layers on a CPU and its GPUs: what hides the exchange of gradients and weights?

Each device computes forward and backward on its share of the batch. The gradients of both layers go to the CPU, which
adds them up, updates the weights, and sends those back. Three schedules of the same arithmetic, with equal results:

- **serial** lets one device after the other compute, waits, and then exchanges layer by layer. Nothing overlaps.
- **overlapped** launches all devices at once and copies on side streams: the gradient of layer 2 travels while layer 1
  is still being differentiated. What is left is at the end of each step: the gradient of layer 1 comes last, its
  weights are needed first, and meanwhile nobody computes.
- **scheduled** differentiates layer 1 *first*: layer 2's gradient does not need to come before it. While layer 2 is
  differentiated, layer 1 is exchanged; while the next step computes layer 1 forward, layer 2 is. Gradients travel in
  pieces, so that copying down, adding up, and copying back overlap one another too.

**compute_only** and **exchange_only** are the floors; the best schedule comes near the longer one. Look at the exposed
copies and their causes: in "overlapped" the compute waits behind the copies of the weights.

    python samples/mlp.py
    gpu-trace run samples/mlp.py --variant overlapped --variant scheduled

Without a GPU one thread of the CPU is the device, two are its link, and the script's own updates the weights; the
batch is small then, so that the exchange is worth hiding.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Protocol

import nvtx
import torch
import variants

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RATE = 0.5
GPUS = torch.cuda.device_count()
LAYER_1, LAYER_2 = 0, 1


class Done(Protocol):
    """Work that was put into a queue, and may be done. (An event of CUDA is one.)"""

    def synchronize(self) -> object:
        """Have the host wait for it."""

    def wait(self) -> object:
        """Have the queue that now puts work wait for it."""


class Queue(Protocol):
    """Does one thing after the other; `put` does not wait."""

    def put(self, work: Callable[[], object], *after: Done) -> Done:
        """Do ``work`` when it is its turn, and when what must come before it, in other queues, is done."""


class Stream:
    """A queue of a GPU."""

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)

    def put(self, work: Callable[[], object], *after: Done) -> Done:
        with torch.cuda.stream(self._stream):
            for event in after:
                event.wait()
            work()
            return self._stream.record_event()


class Thread:
    """A queue of the CPU."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))

    def put(self, work: Callable[[], object], *after: Done) -> Done:
        return Finished(self._thread.submit(lambda: [*(event.wait() for event in after), work()]))


class Finished:
    """What a thread will have done."""

    def __init__(self, future: Future[list[object]]) -> None:
        self.synchronize = self.wait = future.result


class Replica:
    """A device with its share of the batch and its copy of the weights: the arithmetic, and nothing of the schedule."""

    def __init__(self, device: torch.device, x: torch.Tensor, target: torch.Tensor, weights: torch.Tensor) -> None:
        on_gpu = device.type == "cuda"
        self.compute, self.down, self.up = (Stream(device) if on_gpu else Thread() for _ in range(3))
        self.x, self.target = x.to(device), target.to(device)
        self.weights = weights.to(device, copy=True)
        self.gradients = torch.zeros_like(self.weights)
        self.hidden, self.slope, self.output = (torch.empty_like(self.x) for _ in range(3))
        self.on_host = torch.zeros(weights.shape, pin_memory=on_gpu)

    def forward_1(self) -> None:
        torch.mm(self.x, self.weights[LAYER_1], out=self.hidden).relu_()

    def forward_2(self) -> None:
        """The output, and in its place the slope of half the squared error with respect to it."""
        torch.mm(self.hidden, self.weights[LAYER_2], out=self.output).sub_(self.target)

    def backward_2(self) -> None:
        torch.mm(self.hidden.t(), self.output, out=self.gradients[LAYER_2])

    def backward_hidden(self) -> None:
        torch.mm(self.output, self.weights[LAYER_2].t(), out=self.slope).mul_(self.hidden > 0)

    def backward_1(self) -> None:
        torch.mm(self.x.t(), self.slope, out=self.gradients[LAYER_1])

    def download(self, layer: int, rows: slice, *after: Done) -> Done:
        here, there = self.gradients[layer, rows], self.on_host[layer, rows]
        return self.down.put(lambda: there.copy_(here, non_blocking=True), *after)

    def upload(self, layer: int, rows: slice, weights: torch.Tensor, *after: Done) -> Done:
        here, there = weights[layer, rows], self.weights[layer, rows]
        return self.up.put(lambda: there.copy_(here, non_blocking=True), *after)


class Training:
    """The replicas, and the weights that they agree on."""

    def __init__(self, devices: Sequence[torch.device], width: int, batch: int, steps: int, pieces: int) -> None:
        self.steps, self.step_size = steps, RATE / (batch * width)
        self.initial = torch.randn(2, width, width) / width**0.5
        self.weights = torch.empty_like(self.initial, pin_memory=GPUS > 0).copy_(self.initial)
        x, target = torch.randn(2, len(devices), batch, width)
        self.replicas = [Replica(d, *data, self.weights) for d, *data in zip(devices, x, target, strict=True)]
        self.whole = [slice(0, width)]
        self.pieces = [slice(width * i // pieces, width * (i + 1) // pieces) for i in range(pieces)]
        variants.synchronize()
        serial(self)
        self.expected = self.weights.clone()
        self.check_first_step(x.flatten(0, 1), target.flatten(0, 1))

    def update(self, layer: int, rows: slice) -> None:
        """Sum the gradients of all replicas, and go down them."""
        for replica in self.replicas:
            self.weights[layer, rows].sub_(replica.on_host[layer, rows], alpha=self.step_size)

    def check(self, weights: torch.Tensor | None) -> None:
        """Raise unless the weights are those of the serial schedule, to the bit; then begin anew."""
        if weights is not None and not torch.equal(weights, self.expected):
            raise AssertionError("these are not the weights of the serial schedule")
        self.reset()

    def reset(self) -> None:
        self.weights.copy_(self.initial)
        for replica in self.replicas:
            replica.weights.copy_(self.initial)
        variants.synchronize()

    def check_first_step(self, x: torch.Tensor, target: torch.Tensor) -> None:
        """Raise unless one serial step is the one that autograd takes with the whole batch."""
        self.reset()
        steps, self.steps = self.steps, 1
        after = serial(self).clone()
        self.steps = steps
        device = self.replicas[0].x.device
        leaf = self.initial.to(device, copy=True).requires_grad_()
        error = (x.to(device) @ leaf[LAYER_1]).relu() @ leaf[LAYER_2] - target.to(device)
        (gradient,) = torch.autograd.grad(error.square().sum() / 2, leaf)
        torch.testing.assert_close(after - self.initial, -self.step_size * gradient.cpu(), rtol=1e-3, atol=1e-7)
        self.reset()


OfEach = list[Done]
"""one piece of work for each replica: its compute, a copy of its gradients, or the last copy of its weights"""


# What streams share is allocated before, and every step overwrites what the step before has used. It is safe to, for
#   gradients, on a device and on the host: the host has waited for their copies, and has added them up, before it
#     launches the work that computes and copies the next ones;
#   weights on the host: they are updated when the next gradients have arrived, which were computed with what was sent;
#   weights on a device: they are copied when the gradient has arrived that was computed with them. Layer 2 is also used
#     to differentiate layer 1: "scheduled" does that before that gradient, "overlapped" after it, so it has to wait.


def serial(training: Training) -> torch.Tensor:
    for _ in range(training.steps):
        for replica in training.replicas:
            with nvtx.annotate("compute", color="blue"):
                for work in (replica.forward_1, replica.forward_2, replica.backward_2, replica.backward_hidden):
                    replica.compute.put(work)
                replica.compute.put(replica.backward_1).synchronize()
            for layer in (LAYER_2, LAYER_1):
                replica.download(layer, *training.whole).synchronize()
        for layer in (LAYER_2, LAYER_1):
            training.update(layer, *training.whole)
            for replica in training.replicas:
                replica.upload(layer, *training.whole, training.weights).synchronize()
    return training.weights


def overlapped(training: Training) -> torch.Tensor:
    sent_1 = sent_2 = None
    for _ in range(training.steps):
        with nvtx.annotate("compute", color="blue"):
            on_all(training, Replica.forward_1, sent_1)
            on_all(training, Replica.forward_2, sent_2)
            downloads_2 = downloaded(training, LAYER_2, training.whole, on_all(training, Replica.backward_2))
            used_2 = on_all(training, Replica.backward_hidden)  # layer 2 must not be overwritten before
            downloads_1 = downloaded(training, LAYER_1, training.whole, on_all(training, Replica.backward_1))
        sent_2 = exchanged(training, LAYER_2, training.whole, downloads_2, used_2)
        sent_1 = exchanged(training, LAYER_1, training.whole, downloads_1)
    finish(training)
    return training.weights


def scheduled(training: Training) -> torch.Tensor:
    sent_1 = sent_2 = downloads_2 = None
    for _ in range(training.steps):
        on_all(training, Replica.forward_1, sent_1)
        if downloads_2:  # of the step before, while this one computes layer 1
            sent_2 = exchanged(training, LAYER_2, training.pieces, downloads_2)
        with nvtx.annotate("compute", color="blue"):
            on_all(training, Replica.forward_2, sent_2)
            on_all(training, Replica.backward_hidden)
            downloads_1 = downloaded(training, LAYER_1, training.pieces, on_all(training, Replica.backward_1))
            downloads_2 = downloaded(training, LAYER_2, training.pieces, on_all(training, Replica.backward_2))
        sent_1 = exchanged(training, LAYER_1, training.pieces, downloads_1)
    if downloads_2:
        exchanged(training, LAYER_2, training.pieces, downloads_2)
    finish(training)
    return training.weights


def compute_only(training: Training) -> None:
    for _ in range(training.steps):
        for work in (Replica.forward_1, Replica.forward_2, Replica.backward_2, Replica.backward_hidden):
            on_all(training, work)
        on_all(training, Replica.backward_1)
    finish(training)


def exchange_only(training: Training) -> None:
    """The copies and updates alone. Nothing waits for the weights to arrive, so what they become means nothing."""
    for _ in range(training.steps):
        for layer in (LAYER_1, LAYER_2):
            downloads = downloaded(training, layer, training.pieces)
            exchanged(training, layer, training.pieces, downloads)
    finish(training)


def on_all(training: Training, work: Callable[[Replica], None], after: OfEach | None = None) -> OfEach:
    """Put the same work into the compute queue of every replica."""
    return [replica.compute.put(partial(work, replica), *waits) for replica, waits in each(training, after)]


def downloaded(training: Training, layer: int, pieces: Sequence[slice], after: OfEach | None = None) -> list[OfEach]:
    """Send a layer's gradients to the CPU piece by piece; each piece of every replica."""
    return [[replica.download(layer, rows, *waits) for replica, waits in each(training, after)] for rows in pieces]


def exchanged(
    training: Training, layer: int, pieces: Sequence[slice], downloads: list[OfEach], after: OfEach | None = None
) -> OfEach:
    """Update a layer as its gradients arrive, and send its weights back; the last piece that each replica is sent."""
    with nvtx.annotate(f"exchange layer {layer + 1}", color="orange"):
        for rows, arrived in zip(pieces, downloads, strict=True):
            for done in arrived:
                done.synchronize()
            training.update(layer, rows)
            sent = [r.upload(layer, rows, training.weights, *waits) for r, waits in each(training, after)]
    return sent


def each(training: Training, after: OfEach | None) -> list[tuple[Replica, OfEach]]:
    """Every replica with what its work has to wait for."""
    waits = [[done] for done in after] if after else [[] for _ in training.replicas]
    return list(zip(training.replicas, waits, strict=True))


def finish(training: Training) -> None:
    """Wait for everything."""
    for replica in training.replicas:
        for queue in (replica.compute, replica.down, replica.up):
            queue.put(lambda: None).synchronize()


VARIANTS: dict[str, Callable[[Training], torch.Tensor | None]] = {
    "compute_only": compute_only,
    "exchange_only": exchange_only,
    "serial": serial,
    "overlapped": overlapped,
    "scheduled": scheduled,
}


def main() -> None:
    options = variants.parser(__doc__, VARIANTS)
    options.add_argument("--gpus", type=int, default=min(GPUS, 2), help="[default: two, or as many as there are]")
    options.add_argument("--width", type=int, help="of both layers  [default: 4096, on a CPU 1536]")
    options.add_argument("--batch", type=int, help="for each device  [default: 4096, on a CPU 48]")
    options.add_argument("--steps", type=int, default=8)
    options.add_argument("--pieces", type=int, default=8, help="of a layer, in the schedule that exchanges by pieces")
    args = options.parse_args()
    width, batch = args.width or (4096 if args.gpus else 1536), args.batch or (4096 if args.gpus else 48)
    if args.gpus:
        where = f"{args.gpus} x {torch.cuda.get_device_name()}"
        devices = [torch.device("cuda", gpu) for gpu in range(args.gpus)]
    else:
        lack = "without its GPUs" if GPUS else "no GPU here"
        where, devices = f"{lack}: one thread of the CPU stands in for one", [torch.device("cpu")]
        torch.set_num_threads(1)  # leave a core to the device
    print(f"{args.steps} steps of 2 layers of {width}x{width}, batch {batch} each ({where})")
    training = Training(devices, width, batch, args.steps, max(args.pieces, 1))
    variants.run(training, VARIANTS, training.check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
