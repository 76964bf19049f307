"""Weights that are copied layer by layer into one buffer: the next must not come before the product has read this one.

- **before** copies on the stream of the compute.
- **after** copies on a side stream, which waits for the product that reads the buffer. It takes as long; a second
  buffer would help.

    gpu-trace run --dependencies --range measured samples/what_if/one_buffer.py --case before --repeats 1
"""

from __future__ import annotations

import repetitions
from streamed_weights import Network
from streams import Event, current_stream, stream


def one_buffer(small: bool) -> Network:
    """The network of ``streamed_weights.py`` with a single buffer."""
    return Network(small, buffers=1)


def on_the_compute_stream(work: Network) -> None:
    [buffer] = work.buffers
    for weight in work.weights:
        buffer.copy_(weight, non_blocking=True)
        work.output = work.output @ buffer


def side_stream(work: Network) -> None:
    [buffer] = work.buffers
    arrived, free = Event(), Event()
    work.side.wait_stream(current_stream())
    for weight in work.weights:
        with stream(work.side):
            free.wait()  # never recorded before the first use, so the first wait returns immediately
            buffer.copy_(weight, non_blocking=True)
            arrived.record()
        arrived.wait()
        work.output = work.output @ buffer
        free.record()


if __name__ == "__main__":
    repetitions.main(__doc__, one_buffer, {"before": on_the_compute_stream, "after": side_stream})
