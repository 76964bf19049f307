"""Chrome's JSON of unknown origin, also damaged: read as Kineto's, by its categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import kineto

if TYPE_CHECKING:
    from ..engines import EngineRules
    from ..model import Trace
    from .base.tracefile import TraceFile

NAME = kineto.NAME


def recognizes(file: TraceFile) -> bool:
    """Whether there is a list of events, or what looks like an event."""
    head = file.head
    return b'"traceEvents"' in head or (b'"ph"' in head and b'"ts"' in head)


def read(file: TraceFile, rules: EngineRules, operators: bool) -> Trace:
    """Read it as a trace of Kineto."""
    return kineto.read(file, rules, operators)
