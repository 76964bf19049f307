"""What was measured of each variant: by the clock without a profiler, and from the trace of a recorded run."""

from __future__ import annotations

import re
from statistics import median_low
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures, pair_figures
from gpu_trace_analyzers.questions.scope import Scope, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.questions.overlap import DeviceFigures

_WALL_CLOCK = re.compile(r"^(\S+) +([\d.]+) ms$", re.MULTILINE)


class OnDevice(msgspec.Struct, frozen=True):
    """What one device did during one run of a variant, in ns: its label, and figures under their own names."""

    label: str
    busy_ns: int
    compute_ns: int
    copy_ns: int
    overlap_ns: int
    collective_ns: int
    exposed_collective_ns: int
    stream_busy_ns: int


class Recorded(msgspec.Struct, frozen=True):
    """One run of a variant in a trace, from idle to idle.

    ``together_ns`` and ``shorter_ns`` are of the first two devices that computed: for how long both did, and for how
    long the shorter one.
    """

    wall_ns: int
    devices: list[OnDevice]
    together_ns: int = 0
    shorter_ns: int = 0


class Variant(msgspec.Struct, frozen=True):
    """A variant's median wall clock without a profiler, and its median run in the trace."""

    name: str
    wall_ns: int
    recorded: Recorded | None


class Ran(msgspec.Struct, frozen=True):
    """An experiment on a machine; ``what`` is the line with which the sample says what it does there."""

    sample: str
    what: str
    arguments: list[str]
    variants: list[Variant]

    @property
    def by_name(self) -> dict[str, Variant]:
        """The variants."""
        return {variant.name: variant for variant in self.variants}


class Lab(msgspec.Struct, frozen=True):
    """All experiments on one machine."""

    machine: dict[str, str]
    ran: list[Ran]


def wall_clocks(printed: str) -> dict[str, int]:
    """What a sample prints: the wall clock of each variant, in ns."""
    return {name: round(float(ms) * 1_000_000) for name, ms in _WALL_CLOCK.findall(printed)}


def recorded(trace: Trace, variant: str, copies: Sequence[str]) -> Recorded | None:
    """The run of a variant with the median wall clock; None where the trace has none."""
    codes = [code for code, text in enumerate(trace.strings) if text == variant]
    ranges = trace.ranges[np.isin(trace.ranges.name, codes)]
    windows = [Window(*pair) for pair in zip(ranges.start_ns.tolist(), ranges.end_ns.tolist(), strict=True)]
    if not windows:
        return None
    middle = median_low(window.span_ns for window in windows)
    return _within(trace, next(window for window in windows if window.span_ns == middle), copies)


def _within(trace: Trace, window: Window, copies: Sequence[str]) -> Recorded:
    engines = [Engine[name.upper()] for name in copies] or None
    scope = Scope(trace, engines, window)
    figures = [device_figures(scope, position) for position in active_devices(trace)]
    devices = [_on_device(on) for on in figures if on.busy_ns]
    pair = next(iter(pair_figures(scope)), None)
    return Recorded(window.span_ns, devices, pair.together_ns if pair else 0, pair.shorter_ns if pair else 0)


def _on_device(figures: DeviceFigures) -> OnDevice:
    _, *names = OnDevice.__struct_fields__
    return OnDevice(figures.device.label, *(getattr(figures, name) for name in names))
