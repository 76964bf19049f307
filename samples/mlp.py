"""Train a network of two layers on a CPU and its GPUs: what hides the exchange of gradients and weights?

Each device computes forward and backward on its share of the batch. The gradients of both layers go to the CPU, which
adds them up, updates the weights, and sends those back. Three schedules of the same arithmetic have equal results:

- **serial** lets one device after the other compute, waits, and then exchanges layer by layer. Nothing overlaps.
- **overlapped** launches on all devices and copies on side streams. The gradient of layer 2 is copied while layer 1 is
  still being differentiated. The exposed rest is at the end of each step: the gradient of layer 1 comes last, the next
  step needs its weights first, and no device computes until they arrive.
- **scheduled** differentiates layer 1 *first*, because that does not depend on layer 2's gradient. Layer 1 is exchanged
  while layer 2 is differentiated. Layer 2 is exchanged while the next step computes layer 1 forward. Gradients are
  exchanged in pieces, so that copying to the CPU, updating, and copying back overlap one another too. The pieces of the
  first half are exchanged while the second half is computed. Several GPUs first add up their gradients among
  themselves: each gets a part of every layer from the others. So each gradient and each weight crosses a link to the
  CPU once, not once per GPU.

**compute_only** and **exchange_only** are the lower bounds; the best schedule comes near the longer one. Look at the
exposed copies and their causes: in "overlapped" the compute waits for the copies of the weights.

    python samples/mlp.py
    gpu-trace run samples/mlp.py --variant overlapped --variant scheduled

Without a GPU, one thread of the CPU is the device, two are its link, and the script's own thread updates the weights.
The batch is then small, so that the exchange is worth hiding.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

import nvtx
import torch
import variants

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RATE = 0.5
GPUS = torch.cuda.device_count()
LAYER_1, LAYER_2 = 0, 1


class Done(Protocol):
    """An operation that was put into a queue, and may be done. (A CUDA event is one.)"""

    def synchronize(self) -> object:
        """Have the host wait for it."""

    def wait(self) -> object:
        """Have the queue that is being filled wait for it."""


class Queue(Protocol):
    """Runs its operations one after the other; `put` does not wait."""

    def put(self, work: Callable[[], object], *after: Done) -> Done:
        """Run ``work`` after the earlier operations of this queue, and after those of other queues that it needs."""


class Stream:
    """A queue of a GPU. Operations with priority do not wait for the blocks of a kernel that is running already.

    ``into`` is a stream of the GPU that it copies to, if that is another: torch lets such a copy wait for what is in
    the current stream there, and that for the copy.
    """

    def __init__(self, device: torch.device, priority: int = 0, into: Stream | None = None) -> None:
        self._stream = torch.cuda.Stream(device, priority=priority)
        self._into = into

    def put(self, work: Callable[[], object], *after: Done) -> Done:
        with torch.cuda.stream(self._into._stream if self._into else None), torch.cuda.stream(self._stream):
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
    """An operation of a thread, which may be done."""

    def __init__(self, future: Future[list[object]]) -> None:
        self.synchronize = self.wait = future.result


class Replica:
    """A device with its share of the batch and its copy of the weights: the arithmetic, without the schedule."""

    def __init__(self, device: torch.device, x: torch.Tensor, target: torch.Tensor, weights: torch.Tensor) -> None:
        self.on_gpu, self.device = device.type == "cuda", device
        self.compute, self.down, self.up = (self.queue() for _ in range(3))
        self.add, self.inbound = self.queue(priority=-1), self.queue()
        self.x, self.target = x.to(device), target.to(device)
        self.weights = weights.to(device, copy=True)
        self.gradients, self.sums = torch.zeros_like(self.weights), torch.zeros_like(self.weights)
        self.hidden, self.slope, self.output = (torch.empty_like(self.x) for _ in range(3))
        self.on_host = torch.zeros(weights.shape, pin_memory=self.on_gpu)

    def queue(self, priority: int = 0, into: Queue | None = None) -> Queue:
        return Stream(self.device, priority, into if isinstance(into, Stream) else None) if self.on_gpu else Thread()

    def meet(self, others: Sequence[Replica]) -> None:
        """Make the queues to send gradients and weights to the others, and the buffers to receive their gradients."""
        self.across = {other: self.queue(into=other.add) for other in others}
        self.onward = {other: self.queue(into=other.inbound) for other in others}
        self.inbox = {other: torch.zeros_like(self.gradients) for other in others}

    def forward_1(self) -> None:
        torch.mm(self.x, self.weights[LAYER_1], out=self.hidden).relu_()

    def forward_2(self) -> None:
        """The output, and in its place the slope of half the squared error with respect to it."""
        torch.mm(self.hidden, self.weights[LAYER_2], out=self.output).sub_(self.target)

    def backward_hidden(self) -> None:
        torch.mm(self.output, self.weights[LAYER_2].t(), out=self.slope).mul_(self.hidden > 0)

    def backward(self, layer: int, rows: slice) -> None:
        """Some rows of a layer's gradient: the product of its input and the slope with respect to its output."""
        given, slope = ((self.x, self.slope), (self.hidden, self.output))[layer]
        torch.mm(given[:, rows].t(), slope, out=self.gradients[layer, rows])

    def sum_up(self, layer: int, rows: slice, replicas: Sequence[Replica]) -> None:
        """Add up rows of a layer's gradient, of all replicas, in their order."""
        known = (self.gradients if replica is self else self.inbox[replica] for replica in replicas)
        first, second, *others = (gradients[layer, rows] for gradients in known)
        total = torch.add(first, second, out=self.sums[layer, rows])
        for gradient in others:
            total.add_(gradient)

    def download(self, gradients: torch.Tensor, layer: int, rows: slice, *after: Done) -> Done:
        return copied(self.down, gradients[layer, rows], self.on_host[layer, rows], *after)

    def upload(self, weights: torch.Tensor, layer: int, rows: slice, *after: Done) -> Done:
        return copied(self.up, weights[layer, rows], self.weights[layer, rows], *after)


def copied(queue: Queue, here: torch.Tensor, there: torch.Tensor, *after: Done) -> Done:
    return queue.put(lambda: there.copy_(here, non_blocking=True), *after)


def training_on(devices: Sequence[torch.device], width: int, batch: int, steps: int, pieces: int) -> Training:
    """A network of random weights, and a random batch for each device."""
    x, target = torch.randn(2, len(devices), batch, width)
    weights = torch.randn(2, width, width) / width**0.5
    replicas = [Replica(device, *data, weights) for device, *data in zip(devices, x, target, strict=True)]
    return Training(replicas, weights, steps, pieces)


def split(rows: slice, count: int) -> list[slice]:
    """Slices of rows that are equal up to rounding."""
    begin, length = rows.start, rows.stop - rows.start
    return [slice(begin + length * i // count, begin + length * (i + 1) // count) for i in range(count)]


class Training:
    """The replicas, and the weights that they agree on."""

    def __init__(self, replicas: Sequence[Replica], initial: torch.Tensor, steps: int, pieces: int) -> None:
        self.replicas, self.initial, self.steps = replicas, initial, steps
        width = initial.shape[-1]
        self.step_size = RATE / (len(replicas[0].x) * width)
        self.weights = torch.empty_like(initial, pin_memory=replicas[0].on_gpu).copy_(initial)
        self.total = torch.empty(width, width)
        self.whole, self.halves = slice(0, width), split(slice(0, width), 2)
        self.pieces_of_a_part = max(1, pieces // (len(self.halves) * len(replicas)))
        for replica in replicas:
            replica.meet([other for other in replicas if other is not replica])
        variants.synchronize()
        serial(self)
        self.expected = self.weights.clone()
        self.check_first_step()

    def update(self, layer: int, rows: slice, gradient: torch.Tensor) -> None:
        """Go down the gradient of some rows."""
        self.weights[layer, rows].sub_(gradient, alpha=self.step_size)

    def sum_and_update(self, layer: int) -> None:
        """Sum the gradients of all replicas, in their order, and go down them."""
        total = self.replicas[0].on_host[layer]
        for replica in self.replicas[1:]:
            total = torch.add(total, replica.on_host[layer], out=self.total)
        self.update(layer, self.whole, total)

    def check(self, weights: torch.Tensor | None) -> None:
        """Raise unless the weights are those of the serial schedule, to the bit; then reset them."""
        if weights is not None and not torch.equal(weights, self.expected):
            raise AssertionError("these are not the weights of the serial schedule")
        self.reset()

    def reset(self) -> None:
        self.weights.copy_(self.initial)
        for replica in self.replicas:
            replica.weights.copy_(self.initial)
        variants.synchronize()

    def check_first_step(self) -> None:
        """Raise unless one serial step is the one that autograd takes with the whole batch."""
        self.reset()
        steps, self.steps = self.steps, 1
        after = serial(self).clone()
        self.steps = steps
        device = self.replicas[0].device
        x, target = (torch.cat([getattr(each, name).to(device) for each in self.replicas]) for name in ("x", "target"))
        leaf = self.initial.to(device, copy=True).requires_grad_()
        error = (x @ leaf[LAYER_1]).relu() @ leaf[LAYER_2] - target
        (gradient,) = torch.autograd.grad(error.square().sum() / 2, leaf)
        torch.testing.assert_close(after - self.initial, -self.step_size * gradient.cpu(), rtol=1e-3, atol=1e-7)
        self.reset()


OfEach = list[Done]
"""one piece of work for each replica: its compute, or a copy of its gradients or weights"""


class Half(NamedTuple):
    """Half a layer's gradient on its way to the CPU: which replica sends which part, and pieces of these by turns."""

    parts: list[tuple[Replica, slice]]
    pieces: list[tuple[Replica, slice, Done]]


# Buffers shared by streams are allocated before, and every step overwrites those of the step before. That is safe:
#   gradients, their sums and inboxes, on a device and on the host: the host has waited for their copies, and has used
#     them, before it launches the operations that compute and copy the next ones;
#   weights on the host: they are updated when the next gradients have arrived, computed with the weights sent;
#   weights on a device: they are copied when the gradients of all devices have arrived that were computed with them.
#     Layer 2 is also used to differentiate layer 1: "scheduled" does that before that gradient, "overlapped" after it,
#     so it has to wait.


def serial(training: Training) -> torch.Tensor:
    for _ in range(training.steps):
        for replica in training.replicas:
            with nvtx.annotate("compute", color="blue"):
                for work in (replica.forward_1, replica.forward_2):
                    replica.compute.put(work)
                differentiated(training, replica, LAYER_2)
                replica.compute.put(replica.backward_hidden)
                differentiated(training, replica, LAYER_1).synchronize()
            for layer in (LAYER_2, LAYER_1):
                replica.download(replica.gradients, layer, training.whole).synchronize()
        for layer in (LAYER_2, LAYER_1):
            training.sum_and_update(layer)
            for replica in training.replicas:
                replica.upload(training.weights, layer, training.whole).synchronize()
    return training.weights


def overlapped(training: Training) -> torch.Tensor:
    sent_1 = sent_2 = None
    for _ in range(training.steps):
        with nvtx.annotate("compute", color="blue"):
            on_all(training, Replica.forward_1, sent_1)
            on_all(training, Replica.forward_2, sent_2)
            downloads_2 = downloaded(training, LAYER_2)
            used_2 = on_all(training, Replica.backward_hidden)  # layer 2 must not be overwritten before
            downloads_1 = downloaded(training, LAYER_1)
        sent_2 = exchanged(training, LAYER_2, downloads_2, used_2)
        sent_1 = exchanged(training, LAYER_1, downloads_1)
    finish(training)
    return training.weights


def scheduled(training: Training) -> torch.Tensor:
    sent_1 = sent_2 = halves_2 = None
    for _ in range(training.steps):
        on_all(training, Replica.forward_1, sent_1)
        if halves_2:  # of the step before, while this one computes layer 1
            sent_2 = exchanged_by_pieces(training, LAYER_2, halves_2)
        with nvtx.annotate("compute", color="blue"):
            on_all(training, Replica.forward_2, sent_2)
            on_all(training, Replica.backward_hidden)
            halves_1 = differentiated_by_pieces(training, LAYER_1)
            halves_2 = differentiated_by_pieces(training, LAYER_2)
        sent_1 = exchanged_by_pieces(training, LAYER_1, halves_1)
    if halves_2:
        exchanged_by_pieces(training, LAYER_2, halves_2)
    finish(training)
    return training.weights


def compute_only(training: Training) -> None:
    for _ in range(training.steps):
        for work in (Replica.forward_1, Replica.forward_2, Replica.backward_hidden):
            on_all(training, work)
        for layer in (LAYER_2, LAYER_1):
            for replica in training.replicas:
                differentiated(training, replica, layer)
    finish(training)


def exchange_only(training: Training) -> None:
    """The copies and updates alone. No operation waits for the weights to arrive, so their values are meaningless."""
    for _ in range(training.steps):
        for layer in (LAYER_1, LAYER_2):
            halves = [summed_and_downloaded(training, layer, rows) for rows in training.halves]
            exchanged_by_pieces(training, layer, halves)
    finish(training)


def on_all(training: Training, work: Callable[[Replica], None], after: list[OfEach] | None = None) -> OfEach:
    """Put the same work into the compute queue of every replica."""
    waits = each(training, after)
    return [replica.compute.put(partial(work, replica), *wait) for replica, wait in waits]


def differentiated(training: Training, replica: Replica, layer: int) -> Done:
    """Have it compute the gradient of a layer, in halves as all schedules do, so that all have the same rounding."""
    for half in training.halves:
        done = replica.compute.put(partial(replica.backward, layer, half))
    return done


def downloaded(training: Training, layer: int) -> OfEach:
    """Have every replica compute the gradient of a layer, and send it to the CPU."""
    done = [differentiated(training, replica, layer) for replica in training.replicas]
    return [
        replica.download(replica.gradients, layer, training.whole, computed)
        for replica, computed in zip(training.replicas, done, strict=True)
    ]


def exchanged(training: Training, layer: int, downloads: OfEach, after: OfEach | None = None) -> list[OfEach]:
    """Sum a layer's gradients, update the layer, and send it back."""
    with nvtx.annotate(f"exchange layer {layer + 1}", color="orange"):
        for done in downloads:
            done.synchronize()
        training.sum_and_update(layer)
        waits = each(training, [after] if after else None)
        return [[r.upload(training.weights, layer, training.whole, *wait) for r, wait in waits]]


def differentiated_by_pieces(training: Training, layer: int) -> list[Half]:
    """Have the gradient of a layer computed, summed and sent to the CPU: one half while the other is computed."""
    halves = []
    for rows in training.halves:
        computed = on_all(training, lambda replica, rows=rows: replica.backward(layer, rows))
        halves.append(summed_and_downloaded(training, layer, rows, computed))
    return halves


def summed_and_downloaded(training: Training, layer: int, rows: slice, computed: OfEach | None = None) -> Half:
    """Have each replica add up its part of some rows of a gradient, and send that to the CPU."""
    parts = list(zip(training.replicas, split(rows, len(training.replicas)), strict=True))
    summed = [summed_up(training, layer, part, replica, computed) for replica, part in parts]
    pieces = [
        (replica, piece, replica.download(gradients, layer, piece, *after))
        for turn in range(training.pieces_of_a_part)
        for (replica, part), (gradients, after) in zip(parts, summed, strict=True)
        for piece in [split(part, training.pieces_of_a_part)[turn]]
    ]
    return Half(parts, pieces)


def summed_up(
    training: Training, layer: int, part: slice, adder: Replica, computed: OfEach | None
) -> tuple[torch.Tensor, list[Done]]:
    """Where the sum of all gradients of a part will be, and after which operation. A single replica has none to add."""
    waits = dict(each(training, [computed] if computed else None))
    arrived = list(waits[adder])
    if len(training.replicas) == 1:
        return adder.gradients, arrived
    for replica, queue in ((other, other.across[adder]) for other in adder.inbox):
        here, there = replica.gradients[layer, part], adder.inbox[replica][layer, part]
        arrived.append(copied(queue, here, there, *waits[replica]))
    return adder.sums, [adder.add.put(partial(adder.sum_up, layer, part, training.replicas), *arrived)]


def exchanged_by_pieces(training: Training, layer: int, halves: list[Half]) -> list[OfEach]:
    """Update a layer as its gradients arrive, and send each piece back to its replica, which passes it on."""
    with nvtx.annotate(f"exchange layer {layer + 1}", color="orange"):
        for half in halves:
            for replica, rows, arrived in half.pieces:
                arrived.synchronize()
                training.update(layer, rows, replica.on_host[layer, rows])
                replica.upload(training.weights, layer, rows)
            sent = [passed_on(training, layer, replica, part) for replica, part in half.parts]
    return sent


def passed_on(training: Training, layer: int, replica: Replica, part: slice) -> OfEach:
    """Have a replica send the others its part of a layer's weights, once it has that."""
    has = replica.up.put(nothing)
    here = replica.weights[layer, part]
    return [
        has if other is replica else copied(replica.onward[other], here, other.weights[layer, part], has)
        for other in training.replicas
    ]


def nothing() -> None:
    """All earlier operations of a queue are done when this one is."""


def each(training: Training, after: list[OfEach] | None) -> list[tuple[Replica, list[Done]]]:
    """Every replica with the operations that it has to wait for."""
    return [(replica, [done[place] for done in after or ()]) for place, replica in enumerate(training.replicas)]


def finish(training: Training) -> None:
    """Wait for everything."""
    for replica in training.replicas:
        queues = (replica.compute, replica.add, replica.down, replica.up)
        for queue in (*queues, *replica.across.values(), *replica.onward.values()):
            queue.put(nothing).synchronize()


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
    options.add_argument("--width", type=int, help="width of both layers  [default: 4096, on a CPU 1536]")
    options.add_argument("--batch", type=int, help="examples per device  [default: 4096, on a CPU 48]")
    options.add_argument("--steps", type=int, default=8)
    options.add_argument(
        "--pieces", type=int, default=4, help="pieces per layer, in the schedule that exchanges by pieces"
    )
    options.add_argument(
        "--threads", type=int, help="threads that update weights  [default: three of four cores; 1 on a CPU]"
    )
    args = options.parse_args()
    width, batch = args.width or (4096 if args.gpus else 1536), args.batch or (4096 if args.gpus else 48)
    if args.gpus:
        where = f"{args.gpus} x {torch.cuda.get_device_name()}"
        devices = [torch.device("cuda", gpu) for gpu in range(args.gpus)]
    else:
        lack = "without its GPUs" if GPUS else "no GPU here"
        where, devices = f"{lack}: one thread of the CPU stands in for one", [torch.device("cpu")]
    # The threads that share an update wait for the last of them. If they take all cores, and another program needs one
    # for a moment, or the driver, or a profiler, that is the moment for which all wait.
    torch.set_num_threads(args.threads or (max(1, variants.cores() * 3 // 4) if args.gpus else 1))
    print(f"{args.steps} steps of 2 layers of {width}x{width}, batch {batch} each ({where})")
    training = training_on(devices, width, batch, args.steps, max(args.pieces, 1))
    variants.run(training, VARIANTS, training.check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
