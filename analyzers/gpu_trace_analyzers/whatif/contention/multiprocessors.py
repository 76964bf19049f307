"""Which part of what a device can do at once does a kernel ask for, and so what may run beside it?

A GPU gives blocks to its multiprocessors one each before any gets a second one, and one multiprocessor runs several
blocks at once if they fit. A tile of a product takes most of one's registers and shared memory, so a product fills a
device that has a block of it on each multiprocessor. Other kernels fill it with enough threads.
"""

from __future__ import annotations

import json
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from ...model import KERNELS, MISSING, Engine
from ...questions.compute.figures import what_of
from ...questions.compute.kernels import KINDS, Kind
from ...questions.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64, Text, Trace
    from ...questions.scope import Window

    Float64 = NDArray[np.float64]


FULL_THREADS = 1_024
"""of a multiprocessor: with as many, kernels that wait for memory do nine tenths of what they can at most, and kernels
that compute all of it, as measured on an H200 (132 kernels of 132 blocks of 128 threads)"""


@once
def share(trace: Trace, position: int) -> Float64:
    """The part of a device that each row of ``Trace.work`` can fill: (rows,) float64 in [0, 1].

    Of a product and a collective it is its blocks over the multiprocessors, of other kernels their threads over
    `FULL_THREADS` for each; at most 1. It is 1 where that is unknown, so that nothing is taken to fit beside it, and 0
    for copies and memsets.
    """
    work = trace.work
    kernels = work.does([*KERNELS, Engine.UNKNOWN]) & ~work.undirected
    each = np.where(threads(trace) == MISSING, FULL_THREADS, threads(trace))
    each[(work.engine == Engine.COLLECTIVE) | _multiplies(trace)] = FULL_THREADS
    part = part_of(blocks(trace), each, trace.devices[position].multiprocessors)
    return np.where(kernels, np.where(blocks(trace) == MISSING, 1.0, part), 0.0)


def share_taken(trace: Trace, position: int, window: Window | None, engine: Engine) -> float:
    """The mean of the shares of an engine's operations in a window, over their time; 0 where there are none."""
    work = trace.work
    own = (work.device == position) & (work.engine == engine) & (work.end_ns > work.start_ns)
    if window is not None:
        own &= window.meets(work.start_ns, work.end_ns)
    ns = (work.end_ns - work.start_ns)[own]
    return float(np.average(share(trace, position)[own], weights=ns)) if len(ns) else 0.0


def part_of(blocks: Int64, threads: Int64, multiprocessors: int) -> Float64:
    """The part of a device that so many blocks of so many threads fill: (n,) float64, at most 1; 1 where unknown."""
    if multiprocessors <= 0:
        return np.ones(len(blocks))
    return np.minimum(blocks * np.minimum(threads / FULL_THREADS, 1.0) / multiprocessors, 1.0)


@once
def few_blocks(trace: Trace, position: int) -> NDArray[np.bool_]:
    """Which rows of ``Trace.work`` are known to have fewer blocks than the device has multiprocessors: (rows,)."""
    count = blocks(trace)
    return np.asarray((count != MISSING) & (count < trace.devices[position].multiprocessors))


def _multiplies(trace: Trace) -> NDArray[np.bool_]:
    kinds, _ = what_of(trace)
    return np.asarray(kinds != KINDS.index(Kind.OTHER))


@once
def blocks(trace: Trace) -> Int64:
    """The blocks of each row of ``Trace.work``: (rows,) int64; `MISSING` where its grid is not known."""
    return _counts(trace, trace.work.grid)


@once
def threads(trace: Trace) -> Int64:
    """The threads of a block of each row of ``Trace.work``: (rows,) int64; `MISSING` where they are not known."""
    return _counts(trace, trace.work.block)


def _counts(trace: Trace, column: Text) -> Int64:
    codes, which = np.unique(column, return_inverse=True)
    each = np.array([_product(trace.text(code)) for code in codes.tolist()], np.int64)
    return each[which.reshape(-1)] if len(each) else np.zeros(0, np.int64)


def _product(text: str) -> int:
    """132 of ``"[66, 2, 1]"``; `MISSING` of anything but a list of numbers above 0."""
    try:
        sizes = json.loads(text)
    except ValueError:
        return MISSING
    known = isinstance(sizes, list) and sizes and all(type(size) is int and size > 0 for size in sizes)
    return prod(sizes) if known else MISSING
