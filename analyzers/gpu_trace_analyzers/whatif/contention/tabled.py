"""How much slower is each operation beside an engine, by the table of measured models?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import Engine
from .kinds import CLASSES, FEW_BLOCKS, MEMORY_BOUND, PRODUCTS, TF32, class_of, kinds_beside
from .measured import Spread, model_of, models
from .multiprocessors import share_taken
from .origins import NOTHING_KNOWN, Factors, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ...model import Int64, Trace
    from ...questions.scope import Window
    from .kinds import Class
    from .measured import Model

    Float64 = NDArray[np.float64]

BESIDE_LINK = Spread(1.0, 1.1, 2.0)
"""What goes over the bus, what goes between devices and what stays on one share only the memory of the device, of which
links take little: 1.00 to 1.10 in recordings of two H200s."""
_PATH = {
    Engine.COPY_H2D.key: "bus",
    Engine.COPY_D2H.key: "bus",
    Engine.COPY_P2P.key: "between devices",
    Engine.COLLECTIVE.key: "between devices",
    Engine.MEMSET.key: "",
    Engine.UNKNOWN.key: "",
}
"""of kinds and engines; of all others it is the device"""
_MOST_TAKEN = 0.5
_STANDS_FOR = dict.fromkeys(PRODUCTS, TF32) | dict.fromkeys((*MEMORY_BOUND, *FEW_BLOCKS), MEMORY_BOUND[0])
"""the kernel beside which copies of all sizes were measured"""


def by_table(trace: Trace, position: int, window: Window | None, engine: Engine) -> Factors:
    """Of every row of ``Trace.work``: as measured on the model of the device, else on others, else within reason."""
    found = Factors.alike(NOTHING_KNOWN, Origin.UNKNOWN, len(trace.work))
    beside, of = kinds_beside(trace, position, window, engine), class_of(trace, position)
    model, taken = model_of(trace.devices[position]), share_taken(trace, position, window, engine)
    for number in np.unique(of).tolist():
        rows, own = np.flatnonzero(of == number), CLASSES[number]
        if model and (spread := of_class(model, own, beside)):
            found.put(rows, spread, Origin.MEASURED)
        elif spread := of_other_models(own, beside):
            found.put(rows, spread, Origin.OTHER_MODELS)
        else:
            found.put(rows, within_reason(own, engine, taken), Origin.UNKNOWN)
        if model:
            _put_by_size(found, model, own, beside, rows, trace.work.size[rows])
    return found


def of_class(model: Model, own: Class, beside: Mapping[str, float]) -> Spread | None:
    """Expected is the mean of the likely kinds, over the time of each kind beside; the ends are those of the possible.

    None where the model was not measured for any of the likely.
    """
    parts, means = [], []
    for kind, part in beside.items():
        medians = [model.slowdown[likely, kind].median for likely in own.likely if (likely, kind) in model.slowdown]
        if medians:
            parts.append(part)
            means.append(sum(medians) / len(medians))
    if not parts:
        return None
    all_of_them = [found for a in own.possible for b in beside if (found := model.slowdown.get((a, b)))]
    low, high = min(each.low for each in all_of_them), max(each.high for each in all_of_them)
    return Spread(low, float(np.average(means, weights=parts)), high)


def of_other_models(own: Class, beside: Mapping[str, float]) -> Spread | None:
    """From 1 to the highest of what was measured on any, since none of them is this one; None where nothing was."""
    each = [found for model in models() if (found := of_class(model, own, beside))]
    if not each:
        return None
    return Spread(1.0, sum(found.median for found in each) / len(each), max(found.high for found in each))


def within_reason(own: Class, engine: Engine, taken: float) -> Spread:
    """Of what was measured nowhere. ``taken`` is the part of the multiprocessors that the others hold."""
    path, other = (_PATH.get(kind, "device") for kind in (own.likely[0] if own.likely else "unknown", engine.key))
    if not path or not other or path == other:
        return NOTHING_KNOWN
    if path == "device" and engine == Engine.COLLECTIVE:
        return Spread(1.0, 1 / (1 - min(taken, _MOST_TAKEN)), BESIDE_LINK.high)
    return BESIDE_LINK


def _put_by_size(
    found: Factors, model: Model, own: Class, beside: Mapping[str, float], rows: Int64, size: Int64
) -> None:
    """Copies of known size, of which more was measured: a small one hardly notices what slows down a large one."""
    sized = size > 0
    spread = of_copies(model, own, beside, size[sized].astype(np.float64)) if sized.any() else None
    if spread:
        found.put(rows[sized], spread, Origin.MEASURED)


def of_copies(
    model: Model, own: Class, beside: Mapping[str, float], size: Float64
) -> tuple[Float64, Float64, Float64] | None:
    """The factors of copies by their size; None where that was not measured."""
    kind = own.likely[0] if own.likely else ""
    alone = model.copies.get((kind, ""))
    curves = [(model.copies.get((kind, _STANDS_FOR.get(each, each))), part) for each, part in beside.items()]
    measured = [(curve, part) for curve, part in curves if curve is not None]
    if alone is None or not measured:
        return None
    _, alone_ns, _ = alone.read(size)
    low, median, high = zip(*(curve.read(size) for curve, _ in measured), strict=True)
    expected = np.average(median, axis=0, weights=[part for _, part in measured])
    return np.min(low, axis=0) / alone_ns, expected / alone_ns, np.max(high, axis=0) / alone_ns
