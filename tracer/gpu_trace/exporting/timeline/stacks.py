"""Sampled stacks as viewers want them: thread by thread, each frame behind those it was called from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING

from .identities import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Frames, Samples


def by_thread(samples: Samples) -> Iterator[tuple[tuple[int, int], Samples]]:
    """Position of the process and id of each thread, and its samples in the order of the trace."""
    threads, which = keys(samples.process, samples.thread)
    order = np.argsort(which, kind="stable")
    begins = np.searchsorted(which[order], np.arange(len(threads) + 1))
    for number, thread in enumerate(threads):
        yield thread, samples[order[begins[number] : begins[number + 1]]]


def with_callers(frames: Frames, used: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which frames are used, or are around such: (len(frames),) bool. `MISSING` is none."""
    found = np.zeros(len(frames), dtype=np.bool_)
    new = np.unique(used[used != MISSING])
    while len(new):
        found[new] = True
        new = np.unique(frames.caller[new])
        new = new[new != MISSING]
        new = new[~found[new]]
    return found
