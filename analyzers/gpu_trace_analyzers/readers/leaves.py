"""A CPU as a device: the operators that do the work are those that call no other."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..model import Device, DeviceWork, Engine, HostOperators

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..engines import EngineRules
    from ..model import Int64, Trace

_WITHOUT_WORK = re.compile(
    r"aten::(resolve_(conj|neg)|_?(unsafe_)?view(_as)?|_?reshape(_alias|_as)?|as_strided\w*|expand(_as)?|t|mT|numpy_T|"
    r"(swap)?transpose|movedim|permute|(un)?squeeze|(un)?flatten|select|slice|narrow|split\w*|chunk|unbind|diagonal|unfold|"
    r"alias|detach\w*|lift_fresh|empty\w*|result_type|item|is_nonzero|set_)$"
)
"""Operators that look at memory otherwise, or allocate it: ``aten::mm`` calls some, and does the work itself."""


def with_cpu_devices(trace: Trace, rules: EngineRules, keep_operators: bool) -> Trace:
    """The trace with a CPU device for each process that has operators, doing those that are leaves.

    Raises ``ValueError`` for a trace whose devices have done work already.
    """
    if len(trace.work):
        raise ValueError("a trace with device work needs no CPU devices")
    idle = np.array([bool(_WITHOUT_WORK.match(name)) for name in trace.strings], dtype=np.bool_)
    working = trace.operators[~idle[trace.operators.name]] if len(trace.operators) else trace.operators
    operators = working[leaves(working)]
    engines = np.array([rules.engine("operator", name) for name in trace.strings], dtype=np.int8)
    active, device = np.unique(operators.process, return_inverse=True)
    work = DeviceWork.of(
        {
            "start_ns": operators.start_ns,
            "end_ns": operators.end_ns,
            "name": operators.name,
            "engine": engines[operators.name] if len(operators) else [],
            "device": device,
            "stream": operators.thread,
            "process": operators.process,
        }
    )
    unknown = int((work.engine == Engine.UNKNOWN).sum())
    dropped = {**trace.source.dropped, **({"unclassified": unknown} if unknown else {})}
    ranks = [trace.processes[process].rank for process in active]
    return replace(
        trace,
        source=replace(trace.source, dropped=dropped),
        devices=tuple(Device("cpu", index, "", rank) for index, rank in enumerate(ranks)),
        work=work,
        operators=trace.operators if keep_operators else HostOperators.empty(),
    )


def leaves(operators: HostOperators) -> NDArray[np.bool_]:
    """Which operators have no other one nested in them on the same thread; of two with the same times, the second.

    Nested is what begins in an operator and ends no later than it. An operator that took no time lies in another one
    only where it begins before that ends.
    """
    leaf = np.ones(len(operators), dtype=np.bool_)
    order = np.lexsort((-operators.end_ns, operators.start_ns, operators.thread, operators.process))
    threads = np.stack((operators.process[order].astype(np.int64), operators.thread[order]))
    begins = np.flatnonzero(np.any(threads[:, 1:] != threads[:, :-1], axis=0)) + 1
    for rows in np.split(order, begins):
        leaf[rows] = _leaves_of_a_thread(operators.start_ns[rows], operators.end_ns[rows])
    return leaf


def _leaves_of_a_thread(start_ns: Int64, end_ns: Int64) -> NDArray[np.bool_]:
    """Rows in order of start, the longer first: one is a leaf when all later ones end after it.

    Doubled, so that an operator without length can end half a nanosecond late: at the end of another it is outside.
    """
    ends = 2 * end_ns
    earliest_later = np.minimum.accumulate((ends + (start_ns == end_ns))[::-1])[::-1]
    return np.concatenate((earliest_later[1:] > ends[:-1], [True]))[: len(ends)]
