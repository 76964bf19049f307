"""Data-parallel training: are the gradients reduced while others are still being computed?

Every rank has the network and a share of each batch. After backward the gradients of all ranks are averaged (an
"all-reduce"), so all take the same step. The gradient of the last layer is computed first, so it can be reduced while
those of the layers before it are computed.

- **without_overlap** reduces every gradient after backward: compute and reduction are serialized.
- **ddp** is PyTorch's ``DistributedDataParallel``. It reduces a bucket of gradients as soon as backward has filled it,
  on a stream of its own.

    torchrun --nproc-per-node 2 samples/data_parallel.py
    gpu-trace run --nproc-per-node 2 samples/data_parallel.py --variant ddp

Look at "collective" in the summary of each GPU: a part of it is hidden, the rest is exposed. The last bucket is always
exposed, because no compute is left when it is full. After each run the weights of all ranks must be equal to the bit.
They must also equal, up to rounding, those of one process that trained on whole batches.

With a GPU for each rank, NCCL reduces, with kernels of the GPU. Otherwise gloo reduces, with threads of the CPU. These
need cores, so two ranks on two cores have little to gain. It also runs as a single process, with nothing to reduce.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import torch
import torch.distributed as dist
import variants
from torch import nn
from torch.nn.parallel import DistributedDataParallel

if TYPE_CHECKING:
    from collections.abc import Callable

RANK, WORLD = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
LOCAL_RANK, LOCAL_WORLD = int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("LOCAL_WORLD_SIZE", str(WORLD)))
ON_GPU = torch.cuda.device_count() >= LOCAL_WORLD
DEVICE = torch.device("cuda", LOCAL_RANK) if ON_GPU else torch.device("cpu")
TOLERANCE = 1e-3
"""of the change of the weights. Rounding is 3e-5 of it in float32. A rank that learned from its own share lacks most
of it.

That was measured (an H200, these sizes) for this network. Half a batch runs in other kernels than a whole one, which
round differently. With ReLU the difference was 2.5e-3, and 3e-14 in float64. If a value is as near to zero as rounding
is large, its slope is 0 for one and 1 for the other. One such value changes a step so much that hundreds of others are
on the other side in the next step. GELU has no such discontinuity, so the difference stays as small as rounding.
"""


class Training:
    """The same network twice, plain and wrapped; this rank's share of some batches; and the expected weights."""

    def __init__(self, layers: int, width: int, batch: int, steps: int) -> None:
        torch.manual_seed(0)  # all ranks see all data, and take their share of it
        self.start = [torch.randn(width, width, device=DEVICE) * (2 / width) ** 0.5 for _ in range(layers)]
        self.x, self.y = (torch.randn(steps, WORLD * batch, width, device=DEVICE) for _ in range(2))
        self.share = slice(RANK * batch, (RANK + 1) * batch)
        self.plain = _network(self.start)
        device_ids = [LOCAL_RANK] if ON_GPU else None
        a_layer_mb = max(1, self.start[0].nbytes >> 20)
        wrapped = DistributedDataParallel(
            _network(self.start), device_ids, bucket_cap_mb=a_layer_mb, gradient_as_bucket_view=True
        )
        self.wrapped = wrapped
        alone = _network(self.start)
        self.train(alone, slice(None))
        self.expected = [weight.detach() for weight in alone.parameters()]
        meet()

    def train(self, network: nn.Module, share: slice, reduce: Callable[[], None] | None = None) -> nn.Module:
        """Learn from a share of every batch; ``reduce`` is called when the gradients of a batch are computed."""
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for x, y in zip(self.x, self.y, strict=True):
            optimizer.zero_grad()
            nn.functional.mse_loss(network(x[share]), y[share]).backward()
            if reduce:
                reduce()
            optimizer.step()
        return network

    def check(self, network: nn.Module) -> None:
        """Raise unless all ranks have the same weights, and they are those of a single process. Then reset them."""
        with torch.no_grad():
            for weight, expected, start in zip(network.parameters(), self.expected, self.start, strict=True):
                first = weight.clone()
                dist.broadcast(first, 0)
                if not torch.equal(weight, first):
                    raise AssertionError(f"rank {RANK} has other weights than rank 0")
                wrong = float((weight - expected).norm() / (expected - start).norm())
                if not wrong < TOLERANCE:
                    raise AssertionError(f"the weights differ by {wrong:.2g} from those of a single process")
                weight.copy_(start)
        meet()


def meet() -> None:
    """Wait for all ranks, so that they begin a variant together: an early rank would wait in its first reduction."""
    dist.barrier(device_ids=[LOCAL_RANK] if ON_GPU else None)


def _network(weights: list[torch.Tensor]) -> nn.Module:
    network = nn.Sequential()
    for weight in weights:
        layer = nn.Linear(*weight.shape, bias=False, device=DEVICE)
        with torch.no_grad():
            layer.weight.copy_(weight)
        network.extend([layer, nn.GELU()])
    return network[:-1]


def without_overlap(training: Training) -> nn.Module:
    def reduce() -> None:
        gradients = [weight.grad for weight in training.plain.parameters() if weight.grad is not None]
        for gradient in gradients:
            dist.all_reduce(gradient)
        for gradient in gradients:
            gradient.div_(WORLD)

    return training.train(training.plain, training.share, reduce)


def ddp(training: Training) -> nn.Module:
    return training.train(training.wrapped, training.share)


VARIANTS = {"without_overlap": without_overlap, "ddp": ddp}


def join() -> str:
    """Join the other ranks, and return a description of them."""
    cores = f"{variants.cores()} CPU cores"
    if WORLD == 1:
        alone = dist.HashStore()
        dist.init_process_group("nccl" if ON_GPU else "gloo", store=alone, rank=0, world_size=1)
        where = torch.cuda.get_device_name() if ON_GPU else f"no GPU here: gloo, on {cores}"
        return f"a single process, with no other rank: start it with torchrun; {where}"
    if ON_GPU:
        torch.cuda.set_device(DEVICE)
        dist.init_process_group("nccl", device_id=DEVICE)
        return f"{WORLD} ranks, each with a {torch.cuda.get_device_name()}, NCCL"
    dist.init_process_group("gloo")
    lack = "fewer GPUs than ranks" if torch.cuda.is_available() else "no GPU here"
    return f"{WORLD} ranks, {lack}: gloo, all on {cores}"


def main() -> None:
    options = variants.parser(__doc__, VARIANTS)
    options.add_argument("--layers", type=int, default=8)
    options.add_argument("--width", type=int, default=4096 if ON_GPU else 512, help="width of every layer")
    options.add_argument("--batch", type=int, default=512 if ON_GPU else 128, help="examples per rank and step")
    options.add_argument("--steps", type=int, default=5)
    args = options.parse_args()
    if not ON_GPU:
        torch.set_num_threads(1)
    where = join()
    megabytes = args.layers * args.width**2 * 4 / 1e6
    variants.say(f"{args.steps} steps, {megabytes:.1f} MB of gradients each ({where})")
    training = Training(args.layers, args.width, args.batch, args.steps)
    variants.run(training, VARIANTS, training.check, args.variant, args.repeats)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
