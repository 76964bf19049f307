"""Did the launching thread compile? PyTorch marks the phases of a compilation as they begin.

At every level of recording ``torch.compile`` leaves one short range per phase, ``backend_compile_data: compile_id=0/0``
(torch/_dynamo/utils.py, ``add_record_function_data``). A compiled region that only runs leaves none. So from one such
mark of a compilation to the next of the same the thread compiled, unless its process launched something in between:
then the marks may be of the forward and of the backward pass.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ....model import MISSING
from ...evidence import Fact
from ...explained import Rule
from ...launches import launches
from ...once import once
from .parts import Records, held
from .records import ranges_named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ....model import Int64, Trace
    from ...stretches import Stretches

_PHASE = re.compile(r"_data: .*\bcompile_id=\S")
_COMPILATION = re.compile(r"\bcompile_id=(\S+)")


@once
def compilations(trace: Trace) -> Records:
    """From the first to the last mark of each compilation, without those between which its thread launched work."""
    marks = ranges_named(trace, _PHASE, trace.ranges.thread != MISSING)
    which = _identities(trace, marks)
    kept = np.lexsort((marks.start_ns, which, marks.thread, marks.process))
    marks, which = marks.select(kept), which[kept]
    goes_on = np.ones(max(0, len(marks) - 1), np.bool_)
    for column in (marks.process, marks.thread, which):
        goes_on &= column[1:] == column[:-1]
    goes_on &= ~_launched_between(trace, marks)
    first = np.flatnonzero(np.concatenate(([True], ~goes_on)))[: len(marks)]
    last = np.append(first[1:], len(marks))[: len(first)] - 1
    found = marks.select(first)
    spans = Records(found.start_ns, marks.end_ns[last], found.process, found.thread, found.row)
    return spans.select(np.argsort(spans.start_ns, kind="stable"))


def _launched_between(trace: Trace, marks: Records) -> NDArray[np.bool_]:
    """Whether the process of each mark but the last launched work between it and the next one, from any thread.

    The work of a compilation is small, and what launches it is not compiling.
    """
    launched, found = launches(trace), np.zeros(max(0, len(marks) - 1), np.bool_)
    for process in np.unique(marks.process).tolist():
        own = (trace.work.process == process) & launched.known
        at_ns, mine = np.sort(launched.at_ns[own]), marks.process[1:] == process
        since = np.searchsorted(at_ns, marks.end_ns[:-1][mine])
        found[mine] = np.searchsorted(at_ns, marks.start_ns[1:][mine]) != since
    return found


def _identities(trace: Trace, marks: Records) -> Int64:
    """A number for the compilation of each mark."""
    codes, place = np.unique(trace.ranges.name[marks.row], return_inverse=True)
    texts = [match[1] if (match := _COMPILATION.search(trace.text(code))) else "" for code in codes.tolist()]
    numbers = {text: number for number, text in enumerate(sorted(set(texts)))}
    return np.array([numbers[text] for text in texts], dtype=np.int64)[place.reshape(-1)]


def _fact(stretches: Stretches, _i: int, row: int) -> Fact:
    spans = compilations(stretches.trace)
    i = int(np.flatnonzero(spans.row == row)[0])
    name = _COMPILATION.search(stretches.trace.text(int(stretches.trace.ranges.name[row])))
    return Fact(f"torch.compile compiled {name[1] if name else 'code'}", int(spans.end_ns[i] - spans.start_ns[i]))


COMPILING = Rule(
    cause="compiling",
    title="host compiling",
    remedy="compile before the loop (run each shape once); mark sizes that vary with dynamic=True",
    find=lambda stretches: held(stretches, compilations(stretches.trace)),
    fact=_fact,
)
