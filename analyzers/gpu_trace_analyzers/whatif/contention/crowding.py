"""How much slower are kernels that run at once, by how much of the multiprocessors they ask for together?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from .kinds import FEW_BLOCKS_MEMORY, FEW_BLOCKS_PRODUCT, class_of, is_product
from .measured import Spread, model_of, models
from .multiprocessors import blocks
from .origins import Factors, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from .measured import Curve, Model

    Float64 = NDArray[np.float64]

NOTHING_KNOWN = Spread(1.0, 1.25, 1.57)
"""of kernels that fit together. The highest is that of 64 kernels of 8 blocks in streams on an H200; the expected one
lies between the ends."""


def crowded(trace: Trace, position: int, rows: Int64, load: Float64) -> Factors:
    """The factor of each row, a kernel of that device, at a load: the sum of the shares of all that run, itself too."""
    model = model_of(trace.devices[position])
    if model and model.blocks:
        found = Factors.alike(NOTHING_KNOWN, Origin.MEASURED, len(rows))
        found.put(slice(None), _of_model(model, trace, position, rows, load), Origin.MEASURED)
        return found
    found = Factors.alike(NOTHING_KNOWN, Origin.UNKNOWN, len(rows))
    others = [_of_model(other, trace, position, rows, load) for other in models() if other.blocks]
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
    count = np.where(count == MISSING, model.multiprocessors, count)
    of_kind = {kind: _read(curves, count, load) for kind, curves in model.blocks.items()}
    low, median, high = (np.array(values) for values in zip(*of_kind.values(), strict=True))
    product, other = (_place(list(of_kind), kind) for kind in (FEW_BLOCKS_PRODUCT, FEW_BLOCKS_MEMORY))
    expected = np.where(is_product(class_of(trace, position)[rows]), median[product], median[other])
    return low.min(axis=0), expected, high.max(axis=0)


def _place(kinds: Sequence[str], wanted: str) -> int:
    """Of the wanted kind; the first, where it was not measured."""
    return kinds.index(wanted) if wanted in kinds else 0


def _read(curves: Mapping[int, Curve], count: Int64, load: Float64) -> tuple[Float64, Float64, Float64]:
    """By the curve of the nearest number of blocks; beyond its end in proportion, because all is in use there."""
    known = np.array(sorted(curves))
    nearest = np.abs(np.log(count)[:, None] - np.log(known)).argmin(axis=1)
    found = np.ones((3, len(count)))
    for place, blocks_of_it in enumerate(known.tolist()):
        own, curve = nearest == place, curves[blocks_of_it]
        beyond = np.maximum(load[own] / curve.at[-1], 1.0)
        found[:, own] = np.array(curve.read(load[own])) * beyond
    return found[0], found[1], found[2]
