"""How much slower is each operation of a device while another engine works, and from where is that known?

From this trace, where it shows the same operation often enough both alone and beside that engine; else from the table
of the device's model; else it is an interval from 1 to the highest that is known of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...questions.once import once
from .measured import model_of, models
from .multiprocessors import share
from .observed import observed
from .origins import Factors, Origin
from .tabled import by_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Device, Engine, Int64, Trace
    from ...questions.scope import Window

    Float64 = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Contention:
    """What operations of one device do to each other. ``rows`` are positions in ``Trace.work``, all of that device."""

    trace: Trace
    position: int
    """of the device in ``Trace.devices``"""
    window: Window | None
    """what is observed, and what a mixture of kernels beside is made of, ran in it; None: in all of the trace"""

    def slowdown(self, rows: Int64, beside: Engine) -> Factors:
        """How many times as long each row takes while an engine works at other operations.

        Beside its own engine it holds for kernels that fill the device and take turns.
        """
        return _beside(self.trace, self.position, self.window, beside).of(rows)

    def share(self, rows: Int64) -> Float64:
        """The part of the multiprocessors that each row can fill: (rows,) float64 in (0, 1]; 0 of copies and memsets.

        Kernels whose shares add up to 1 at most can run at once.
        """
        return np.asarray(share(self.trace, self.position)[rows])

    def copy_ns(self, engine: Engine, size: Int64) -> tuple[Float64, Float64, Float64] | None:
        """Lowest, expected and highest ns of copies of ``size`` bytes alone, the host's memory pinned: (n,) each.

        None where the model of the device was not measured. Larger ones than those have the rate of the largest.
        """
        model = model_of(self.device)
        curve = model.copies.get((engine.key, "")) if model else None
        if curve is None:
            return None
        beyond = np.maximum(size / curve.at[-1], 1.0)
        low, expected, high = curve.read(size.astype(np.float64))
        return low * beyond, expected * beyond, high * beyond

    def origin(self, origin: Origin) -> str:
        """From where a factor is known, in words: ``measured on NVIDIA H200``."""
        others = ", ".join(model.name for model in models())
        return {
            Origin.TRACE: "this trace",
            Origin.MEASURED: f"measured on {self.device.name}",
            Origin.OTHER_MODELS: f"unknown, an interval up to the highest that was measured on {others}",
            Origin.UNKNOWN: "unknown, an interval, because no device was measured for it",
        }[origin]

    @property
    def device(self) -> Device:
        """The device."""
        return self.trace.devices[self.position]


def contention(trace: Trace, device: int, window: Window | None = None) -> Contention:
    """That of one device, by its position in ``Trace.devices``."""
    return Contention(trace, device, window)


@once
def _beside(trace: Trace, position: int, window: Window | None, engine: Engine) -> Factors:
    """Of every row of ``Trace.work``: by the table, and where this trace shows the operation, by that."""
    found, seen = by_table(trace, position, window, engine), observed(trace, position, window)
    rows = np.flatnonzero(seen.kind_of != MISSING)
    rows = rows[np.isfinite(seen.expected[seen.kind_of[rows], engine])]
    kinds = seen.kind_of[rows]
    found.put(rows, (seen.low[kinds, engine], seen.expected[kinds, engine], seen.high[kinds, engine]), Origin.TRACE)
    return found
