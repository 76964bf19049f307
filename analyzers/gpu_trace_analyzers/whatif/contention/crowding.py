"""How much slower are kernels that run at once, by how much of the device they ask for together?

Kernels that fit beside each other still share the caches and the memory: on an H200 eight kernels of ten blocks are
each twice as slow as one alone, whose data stays in the cache.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from .kinds import NORM, class_of, is_product
from .measured import PRODUCT_OF_FEW_BLOCKS, model_of, models
from .multiprocessors import blocks, share
from .origins import NOTHING_KNOWN, Factors, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from .measured import Crowd, Model

    Float64 = NDArray[np.float64]


def crowded(trace: Trace, position: int, rows: Int64, load: Float64) -> Factors:
    """The factor of each row, a kernel of that device, at a load: the sum of the shares of all that run, itself too."""
    model = model_of(trace.devices[position])
    if model and model.crowds:
        found = Factors.alike(NOTHING_KNOWN, Origin.MEASURED, len(rows))
        found.put(slice(None), _of_model(model, trace, position, rows, load), Origin.MEASURED)
        return found
    found = Factors.alike(NOTHING_KNOWN, Origin.UNKNOWN, len(rows))
    others = [_of_model(other, trace, position, rows, load) for other in models() if other.crowds]
    if others:
        _, expected, high = (np.array(values) for values in zip(*others, strict=True))
        found.put(slice(None), (1.0, expected.mean(axis=0), high.max(axis=0)), Origin.OTHER_MODELS)
    else:
        found.put(slice(None), [value * np.maximum(load, 1.0) for value in NOTHING_KNOWN], Origin.UNKNOWN)
    return found


def _of_model(
    model: Model, trace: Trace, position: int, rows: Int64, load: Float64
) -> tuple[Float64, Float64, Float64]:
    """By the kernels that were measured: expected is that of the most similar one, and the ends are those of all."""
    count = blocks(trace)[rows]
    count, own = np.where(count == MISSING, model.multiprocessors, count), share(trace, position)[rows]
    of_kind = {kind: _read(crowds, count, own, load) for kind, crowds in model.crowds.items()}
    low, median, high = (np.array(values) for values in zip(*of_kind.values(), strict=True))
    product, other = (_place(list(of_kind), kind) for kind in (PRODUCT_OF_FEW_BLOCKS, NORM))
    expected = np.where(is_product(class_of(trace, position)[rows]), median[product], median[other])
    return low.min(axis=0), expected, high.max(axis=0)


def _place(kinds: Sequence[str], wanted: str) -> int:
    """Of the wanted kind; the first, where it was not measured."""
    return kinds.index(wanted) if wanted in kinds else 0


def _read(crowds: Sequence[Crowd], count: Int64, own: Float64, load: Float64) -> list[Float64]:
    """As kernels of the nearest number of blocks, of which as many run at once as make up the load.

    A kernel that fills more of the device than those is at least as slow as the load is full.
    """
    known = np.log([crowd.blocks for crowd in crowds])
    nearest = np.abs(np.log(count)[:, None] - known).argmin(axis=1)
    found = [np.ones(len(count)) for _ in range(3)]
    for place, crowd in enumerate(crowds):
        rows = nearest == place
        at_once = load[rows] / own[rows]
        beyond = np.maximum(at_once / crowd.factor.at[-1], 1.0)
        least = np.where(own[rows] > crowd.share, load[rows], 1.0)
        for values, value in zip(found, crowd.factor.read(at_once), strict=True):
            values[rows] = np.maximum(value * beyond, least)
    return found
