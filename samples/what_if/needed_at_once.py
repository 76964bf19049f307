"""Results that go to the host and come back at once, because the next product needs them: no copy can be hidden.

- **before** does all of it on one stream.
- **after** has a side stream for each direction, with events. It takes as long.

    gpu-trace run --dependencies --range measured samples/what_if/needed_at_once.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
import torch
from streams import DEVICE, Event, Stream, pinned_like, stream


class Chain:
    """Rows, what they are multiplied with again and again, and pinned memory for the result of each product."""

    def __init__(self, small: bool) -> None:
        size, count = (48, 4) if small else (4096, 16)
        self.rows = torch.randn(size, size, device=DEVICE)
        self.right = torch.randn(size, size, device=DEVICE) / size**0.5
        self.on_host = [pinned_like(self.rows) for _ in range(count)]
        self.out, self.back = Stream(), Stream()

    def reset(self) -> None:
        repetitions.spoil(self.on_host)

    def results(self) -> list[torch.Tensor]:
        return self.on_host


def one_stream(work: Chain) -> None:
    rows = work.rows
    for host in work.on_host:
        host.copy_(rows @ work.right, non_blocking=True)
        rows = host.to(DEVICE, non_blocking=True)


def side_streams(work: Chain) -> None:
    kept = [work.rows]  # until the end: memory given out again would have to wait for the other streams
    for host in work.on_host:
        computed, left, returned = Event(), Event(), Event()
        kept.append(kept[-1] @ work.right)
        computed.record()
        with stream(work.out):
            computed.wait()
            host.copy_(kept[-1], non_blocking=True)
            left.record()
        with stream(work.back):
            left.wait()
            kept.append(host.to(DEVICE, non_blocking=True))
            returned.record()
        returned.wait()
    repetitions.synchronize()


if __name__ == "__main__":
    repetitions.main(__doc__, Chain, {"before": one_stream, "after": side_streams})
