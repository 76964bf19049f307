"""Dependencies by hand, and what the model makes of a literal trace with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpu_trace_analyzers.dependencies.edges import Because, Carrying, Contents, Dependencies, Edges, HostUses
from gpu_trace_analyzers.whatif.doubts import Belief
from gpu_trace_analyzers.whatif.modeled import modeled
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost
from gpu_trace_analyzers.whatif.window import part
from literal import literal, microseconds


def nothing_known(rows, **changed):
    """Operations that are known not to depend on each other, but for what is given."""
    nothing = np.zeros(len(rows), np.bool_)
    known = Dependencies(
        rows, Edges.empty(), ~nothing, Contents.empty(), nothing, HostUses.empty(), nothing, Carrying.empty(), nothing
    )
    return replace(known, **changed)


def edges(*pairs):
    """``(before, after)``, of data that is read."""
    before, after = np.array(pairs, np.int64).reshape(-1, 2).T
    return Edges(before, after, np.full(len(pairs), Because.READS, np.int8))


def contents(*rows):
    """``(bytes, device, first, last, made)``."""
    size, device, first, last, made = np.array(rows, np.int64).reshape(-1, 5).T
    return Contents(size, device, first, last, made.astype(np.int8))


def measured(text):
    """The work launched in the range ``measured`` of a literal trace, whose times are in µs."""
    return part(literal(microseconds(text)), "measured")


def model(text, *pairs, slowdown=None, **changed):
    """The model of a literal trace in µs with these dependencies. ``changed``: of `nothing_known`."""
    chosen = measured(text) if isinstance(text, str) else text
    known = nothing_known(chosen.rows, edges=edges(*pairs), **changed)
    return modeled(chosen, known, Belief(RecordingCost(), slowdown or {}))


def in_us(times):
    """When each operation starts, and when all is done."""
    return [ns // 1000 for ns in times.start_ns.tolist()], times.total_ns // 1000
