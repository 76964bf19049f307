"""What a reader can check of a cause: the operation, its stream, its range, the call, and the fact that decided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..model import KERNELS, MISSING

if TYPE_CHECKING:
    from ..model import Trace
    from .stretches import Stretches

_LONG_NAME = 48
_ANONYMOUS = re.compile(r"(\(anonymous namespace\)|<unnamed>|\{anonymous\})::")
"""A namespace without a name, as Clang, NVCC and GCC write it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What decided, in words, and how long it lasted if that says something: "the host was blocked in X", 1200000."""

    words: str
    ns: int | None = None
    then: str = ""
    """words behind the time, such as "into the interval"; without them the time stands in parentheses"""
    of_launch: bool = False
    """the words complete "launched", such as "before the gap", with the time in front of them"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One stretch of time and what is known about it; texts are empty and figures None where the trace is silent."""

    start_ns: int
    end_ns: int
    operation: str
    """the operation that ran in it; of idle time, the one that followed"""
    follows: bool
    """whether it is the one that followed"""
    stream: int | None
    place: str
    """that stream in words; on a CPU device, the thread"""
    call: str
    """the API call that launched the operation"""
    verb: str
    """what that call did with it: kernels are launched, copies and memsets are enqueued"""
    call_ns: int | None
    range: str
    """the innermost named range in which the host did so"""
    fact: Fact
    steps: str = ""
    """what the steps repeat, of which this is one"""


def evidence(stretches: Stretches, i: int, fact: Fact) -> Evidence:
    """What is known about stretch ``i``."""
    trace, during = stretches.trace, int(stretches.during[i])
    row = during if during != MISSING else int(stretches.after[i])
    call = int(stretches.launched.call[row]) if row != MISSING else MISSING
    return Evidence(
        start_ns=int(stretches.start_ns[i]),
        end_ns=int(stretches.end_ns[i]),
        operation=work_name(trace, row),
        follows=during == MISSING,
        stream=int(trace.work.stream[row]) if row != MISSING else None,
        place=_place(trace, row),
        call=call_name(trace, call),
        verb="launched" if row != MISSING and trace.work.engine[row] in KERNELS else "enqueued",
        call_ns=int(trace.calls.end_ns[call] - trace.calls.start_ns[call]) if call != MISSING else None,
        range=innermost_range(stretches, row),
        fact=fact,
    )


def work_name(trace: Trace, row: int) -> str:
    """Name of a row of ``Trace.work``, short enough for a sentence.

    Of a C++ kernel without its return type, template arguments and parameters; of a very long name the two ends.
    """
    if row == MISSING:
        return ""
    return _short(trace.text(int(trace.work.name[row])), trace.work.engine[row] in KERNELS)


@lru_cache
def _short(name: str, of_kernel: bool) -> str:
    if name and of_kernel:
        bare = _ANONYMOUS.sub("", name.removeprefix("void "))
        name = bare[: min(place for place in (*map(bare.find, "<("), len(bare)) if place >= 0)] or name
    return name if len(name) <= _LONG_NAME else f"{name[: _LONG_NAME // 2]}…{name[1 - _LONG_NAME // 2 :]}"


def call_name(trace: Trace, row: int) -> str:
    """Name of a row of ``Trace.calls``."""
    return trace.text(int(trace.calls.name[row])) if row != MISSING else ""


def innermost_range(stretches: Stretches, row: int) -> str:
    """The name of the shortest range around the launch of a row of ``Trace.work``; empty where there is none."""
    if row == MISSING or stretches.launched.at_ns[row] == MISSING:
        return ""
    trace, launched = stretches.trace, stretches.launched
    at_ns = launched.at_ns[row]
    ranges = trace.ranges[: np.searchsorted(trace.ranges.start_ns, at_ns, side="right")]
    around = (at_ns < ranges.end_ns) & (ranges.process == trace.work.process[row])
    for thread in (launched.thread[row], MISSING):  # those of the whole process say less
        inside = np.flatnonzero(around & (ranges.thread == thread))
        if len(inside):
            return trace.text(int(ranges.name[inside[np.argmin(ranges.end_ns[inside] - ranges.start_ns[inside])]]))
    return ""


def _place(trace: Trace, row: int) -> str:
    if row == MISSING:
        return ""
    what = "stream" if trace.devices[int(trace.work.device[row])].kind == "gpu" else "thread"
    return f"{what} {int(trace.work.stream[row])}"
