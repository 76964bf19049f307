"""Did the launching thread compile? PyTorch marks the phases of a compilation as they begin.

At every level of recording ``torch.compile`` leaves one short range per phase, ``backend_compile_data: compile_id=0/0``
(torch/_dynamo/utils.py, ``add_record_function_data``). A compiled region that only runs leaves none. So from one such
mark of a compilation to the next of the same the thread compiled, unless it launched something in between: then the
marks may be of the forward and of the backward pass.
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
    from ....model import Int64, Trace
    from ...stretches import Stretches

_PHASE = re.compile(r"_data: .*\bcompile_id=\S")
_COMPILATION = re.compile(r"\bcompile_id=(\S+)")


@once
def compilations(trace: Trace) -> Records:
    """From the first to the last mark of each compilation, without those between which its thread launched work."""
    marks = ranges_named(trace, _PHASE, trace.ranges.thread != MISSING)
    which, at_ns = _identities(trace, marks), np.sort(launches(trace).at_ns)
    kept = np.lexsort((marks.start_ns, which, marks.thread, marks.process))
    marks, which = marks.select(kept), which[kept]
    goes_on = np.ones(max(0, len(marks) - 1), np.bool_)
    for column in (marks.process, marks.thread, which):
        goes_on &= column[1:] == column[:-1]
    # Launches of any thread count: the work of a compilation is small, and what it launches is not compiling.
    goes_on &= np.searchsorted(at_ns, marks.start_ns[1:]) == np.searchsorted(at_ns, marks.end_ns[:-1])
    first = np.flatnonzero(np.concatenate(([True], ~goes_on)))[: len(marks)]
    last = np.append(first[1:], len(marks))[: len(first)] - 1
    found = marks.select(first)
    spans = Records(found.start_ns, marks.end_ns[last], found.process, found.thread, found.row)
    return spans.select(np.argsort(spans.start_ns, kind="stable"))


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
