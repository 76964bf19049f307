"""When did a thread wait for its next batch, by samples of its stack? Where a loader leaves no range of its own.

A class of the user's may have a ``__next__`` that trains; one of a loader's library does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ...once import once
from ...stacks import nearest, runs, samples_of
from .parts import Records, launch_times

if TYPE_CHECKING:
    from ....model import Int64, Trace
    from .parts import Mask

FEWEST = 3
"""samples in a row, with no launch between them"""
_NEXT = re.compile(r"(^|\.)__next__$")
_LOADERS = re.compile(
    r"(^|/)(torch/utils/data|torchdata|nvidia/dali|webdataset|ffcv|grain|tensorflow/python/data|mxnet/gluon/data)/"
)


@once
def sampled_batches(trace: Trace) -> Records:
    """From the first to the last sample of each such row in the ``__next__`` of a loader; ``row`` is its first sample.

    Of threads that launch, since a launch shows that the loader had returned.
    """
    if not len(trace.samples):
        return Records.empty()
    inside = np.append(_in_loader(trace), False)[trace.samples.frame]
    process, thread = trace.samples.process[inside].tolist(), trace.samples.thread[inside].tolist()
    found: list[tuple[int, ...]] = []
    for owner in sorted({*zip(process, thread, strict=True)}):
        if len(launched := launch_times(trace, owner)):
            rows = samples_of(trace, owner)
            found += [(*times, *owner, row) for *times, row in _runs(trace, rows, inside[rows], launched)]
    columns = np.array(found, dtype=np.int64).reshape(-1, 5)
    return Records(*columns[np.argsort(columns[:, 0], kind="stable")].T)


def _in_loader(trace: Trace) -> Mask:
    """Which frames are a loader's ``__next__``, or were called from one."""
    files = np.array([*(_LOADERS.search(text) is not None for text in trace.strings), False], dtype=np.bool_)
    names = np.array([*(_NEXT.search(text) is not None for text in trace.strings), False], dtype=np.bool_)
    frames = trace.stack_frames
    return np.asarray(nearest(frames.caller.astype(np.int64), files[frames.file] & names[frames.function]) >= 0)


def _runs(trace: Trace, rows: Int64, inside: Mask, launched: Int64) -> list[tuple[int, int, int]]:
    start_ns, end_ns = trace.samples.start_ns[rows], trace.samples.end_ns[rows]
    goes_on = inside[1:] & inside[:-1] & (end_ns[:-1] >= start_ns[1:])
    goes_on &= np.diff(np.searchsorted(launched, start_ns)) == 0
    return [(int(start_ns[first]), int(start_ns[last]), int(rows[first])) for first, last in runs(goes_on, FEWEST)]
