"""What was the computing of a device: how long did it multiply in which precision, and at which rate?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...few_distinct import few_distinct
from ...intervals import Intervals
from ...model import MISSING, Engine
from ..evidence import work_name
from ..grouped import summed
from ..once import once
from .clocks import mean_clock_mhz
from .kernels import KINDS, PRECISIONS, Kind, Precision, named
from .operators import multiplying
from .peaks import peak_at, peak_tflop_per_s

if TYPE_CHECKING:
    from ...model import Device, Int8, Int64, Trace
    from ..scope import Scope
    from .operators import Multiplying


@dataclass(frozen=True, slots=True)
class ComputeFigures:
    """The kernels of one device that compute one kind of thing in one precision.

    Those that operators of known arithmetic launched are apart from those whose names alone say what they do.
    """

    device: int
    """position in ``Trace.devices``"""
    kind: Kind
    precision: Precision
    kernels: int
    busy_ns: int
    """length of the union of these kernels"""
    inside_ns: int
    """what of that lies in the window: a kernel that began there may end later"""
    calls: int | None = None
    """operators that launched them; None where their shapes are not recorded"""
    flops: int | None = None
    """what those need, see ``flops.py``"""
    peak_tflop_per_s: float | None = None
    """dense peak of the device in this precision"""
    mean_clock_mhz: float | None = None
    """mean clock of the multiprocessors over that time; None where clocks were not recorded"""
    peak_at_clock_tflop_per_s: float | None = None
    """dense peak at that clock"""
    largest: str = ""
    """name of the kernel that takes most of it, short enough for a sentence"""
    largest_ns: int = 0
    """what of the union of the kernels of that name lies in the window"""

    @property
    def tflop_per_s(self) -> float | None:
        """FLOPs over busy time, in 10^12 a second; None for more than the peak, which the device did not compute."""
        if self.flops is None or not self.busy_ns:
            return None
        rate, peak = self.flops / self.busy_ns / 1000, self.peak_tflop_per_s
        return None if peak is not None and rate > peak else rate

    @property
    def share_of_peak(self) -> float | None:
        """Rate over peak."""
        rate, peak = self.tflop_per_s, self.peak_tflop_per_s
        return None if rate is None or peak is None else rate / peak

    @property
    def share_of_peak_at_clock(self) -> float | None:
        """Rate over the peak at the clock at which the device ran."""
        rate, peak = self.tflop_per_s, self.peak_at_clock_tflop_per_s
        return None if rate is None or peak is None else rate / peak


@once
def compute_figures(scope: Scope, position: int) -> tuple[ComputeFigures, ...]:
    """Those of one device, the longest first. In a window: of the kernels, and of all of an operator, that began there.

    Nothing of a CPU device, whose operators are its work.
    """
    trace = scope.trace
    if trace.devices[position].kind != "gpu":
        return ()
    found = multiplying(trace)
    rows = _rows(scope, position, found)
    kinds, precisions = what_of(trace)
    counted = found.call_of[rows] != MISSING
    shape = (len(KINDS), len(PRECISIONS), 2)
    keys = np.ravel_multi_index((kinds[rows], precisions[rows], counted.astype(np.int64)), shape)
    figures = []
    for key in np.flatnonzero(np.bincount(keys)).tolist():
        kind, precision, has_calls = np.unravel_index(key, shape)
        own = rows[keys == key]
        figures.append(_figures(scope, position, own, found, KINDS[kind], PRECISIONS[precision], bool(has_calls)))
    return tuple(sorted(figures, key=lambda row: -row.busy_ns))


@once
def what_of(trace: Trace) -> tuple[Int8, Int8]:
    """For each row of ``Trace.work`` its places in `KINDS` and `PRECISIONS`, by its operator, else by its name.

    (rows,) int8 each; of other work than kernels they mean nothing.
    """
    found = multiplying(trace)
    by_name = named(trace)
    kinds, precisions = (column.copy() for column in by_name)
    rows = np.flatnonzero(found.call_of != MISSING)
    of_calls = np.array([PRECISIONS.index(each.precision) for each in found.needed], dtype=np.int64)
    precision = of_calls[found.which]
    float32 = precision == PRECISIONS.index(Precision.FLOAT32)
    precision[float32] = _float32_of(trace, found, rows, by_name[1])[float32]
    of_kinds = np.array([KINDS.index(each.kind) for each in found.needed], dtype=np.int64)
    kinds[rows], precisions[rows] = of_kinds[found.which[found.call_of[rows]]], precision[found.call_of[rows]]
    return kinds, precisions


def _float32_of(trace: Trace, found: Multiplying, rows: Int64, by_name: Int8) -> Int64:
    """Of each call whose operands are float32 its precision: that which the name of its longest kernel says."""
    ns = trace.work.end_ns[rows] - trace.work.start_ns[rows]
    order = np.lexsort((ns, found.call_of[rows]))
    longest = np.full(len(found.which), MISSING, dtype=np.int64)
    longest[found.call_of[rows[order]]] = rows[order]  # the last of each call remains
    said = by_name[longest]
    known = (longest != MISSING) & np.isin(
        said, [PRECISIONS.index(each) for each in (Precision.FLOAT32, Precision.TF32)]
    )
    return np.where(known, said, PRECISIONS.index(Precision.FLOAT32_OR_TF32))


def _rows(scope: Scope, position: int, found: Multiplying) -> Int64:
    """The kernels of a device that count."""
    work = scope.trace.work
    rows = np.flatnonzero((work.device == position) & (work.engine == Engine.COMPUTE))
    if scope.window is None:
        return rows
    began_ns, calls = work.start_ns[rows].copy(), found.call_of[rows]
    of_call = np.flatnonzero(calls != MISSING)
    first_ns = np.full(len(found.which), np.iinfo(np.int64).max)
    np.minimum.at(first_ns, calls[of_call], began_ns[of_call])
    began_ns[of_call] = first_ns[calls[of_call]]
    return rows[(began_ns >= scope.window.start_ns) & (began_ns < scope.window.end_ns)]


def _figures(
    scope: Scope, position: int, rows: Int64, found: Multiplying, kind: Kind, precision: Precision, counted: bool
) -> ComputeFigures:
    trace = scope.trace
    calls = np.unique(found.call_of[rows]) if counted else rows[:0]
    each, often = np.unique(found.which[calls], return_counts=True)
    flops = sum(found.needed[at].flops * times for at, times in zip(each.tolist(), often.tolist(), strict=True))
    largest, busy = _largest(scope, rows), _busy(trace, rows)
    clock = mean_clock_mhz(trace, position, busy)
    return ComputeFigures(
        device=position,
        kind=kind,
        precision=precision,
        kernels=len(rows),
        busy_ns=busy.total_ns,
        inside_ns=_inside(scope, rows).total_ns,
        calls=len(calls) if counted else None,
        flops=flops if counted else None,
        peak_tflop_per_s=peak_of(trace.devices[position], kind, precision),
        mean_clock_mhz=clock,
        peak_at_clock_tflop_per_s=peak_at_clock(trace.devices[position], kind, precision, clock),
        largest=work_name(trace, int(largest[0])),
        largest_ns=_inside(scope, largest).total_ns,
    )


def _busy(trace: Trace, rows: Int64) -> Intervals:
    return Intervals.of(trace.work.start_ns[rows], trace.work.end_ns[rows])


def _inside(scope: Scope, rows: Int64) -> Intervals:
    return Intervals.of(*_clipped(scope, rows))


def _clipped(scope: Scope, rows: Int64) -> tuple[Int64, Int64]:
    """Start and end of what of each row lies in the window; empty where nothing does."""
    start_ns, end_ns, window = scope.trace.work.start_ns[rows], scope.trace.work.end_ns[rows], scope.window
    if window is None:
        return start_ns, end_ns
    return np.clip(start_ns, window.start_ns, window.end_ns), np.clip(end_ns, window.start_ns, window.end_ns)


def _largest(scope: Scope, rows: Int64) -> Int64:
    """Those of the name that takes most of the window."""
    names, which = few_distinct(scope.trace.work.name[rows])
    start_ns, end_ns = _clipped(scope, rows)
    ns = summed(which, end_ns - start_ns, len(names))
    return np.asarray(rows[which == np.argmax(ns)])


def peak_of(device: Device, kind: Kind, precision: Precision) -> float | None:
    """The dense peak for what multiplies; None for other kernels, and for what is not known."""
    return None if kind is Kind.OTHER else peak_tflop_per_s(device, precision)


def peak_at_clock(device: Device, kind: Kind, precision: Precision, clock_mhz: float | None) -> float | None:
    """The same at a clock."""
    return None if kind is Kind.OTHER or clock_mhz is None else peak_at(device, precision, clock_mhz)
