"""Which part of a device's multiprocessors can a kernel fill, and so what may run beside it?

A GPU gives blocks to its multiprocessors one each before any gets a second one. A kernel with fewer blocks than those
leaves the others idle; one with as many or more uses all, and a kernel beside it takes time from it.
"""

from __future__ import annotations

import json
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from ...model import KERNELS, MISSING, Engine
from ...questions.once import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64, Text, Trace

    Float64 = NDArray[np.float64]


@once
def share(trace: Trace, position: int) -> Float64:
    """The part of the multiprocessors of a device that each row of ``Trace.work`` can fill: (rows,) float64 in [0, 1].

    Of a kernel it is its blocks over the multiprocessors, at most 1; 1 where either is unknown, so that nothing is
    taken to fit beside it. 0 for copies and memsets.
    """
    work, multiprocessors = trace.work, trace.devices[position].multiprocessors
    kernels = np.isin(work.engine, [*KERNELS, Engine.UNKNOWN]) & ~work.undirected
    count = blocks(trace)
    known = (count != MISSING) & (multiprocessors > 0)
    part = np.where(known, count / max(multiprocessors, 1), 1.0)
    return np.where(kernels, np.minimum(part, 1.0), 0.0)


@once
def blocks(trace: Trace) -> Int64:
    """The blocks of each row of ``Trace.work``: (rows,) int64; `MISSING` where its grid is not known."""
    return _counts(trace, trace.work.grid)


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
