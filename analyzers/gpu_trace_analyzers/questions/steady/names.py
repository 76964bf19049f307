"""What are the kinds of steps called? By the range that all steps of a kind have in them, and no other step has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...domains import is_library
from ..issued import launch_order
from ..ranges import range_names, with_length
from .marks import PROFILER_STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model import Int64
    from ..scope import Scope
    from .steps import Steps


def kind_names(scope: Scope, steps: Steps, kind: Int64) -> Mapping[int, str]:
    """The name of each kind that has one; ``steps`` are of one process, ``kind`` (steps,) that of each.

    Of several ranges that only one kind has, it is the one that launched most. ``ProfilerStep#n`` names no kind.
    """
    trace, ranges, names = scope.trace, with_length(scope), range_names(scope)
    _, launched = launch_order(trace).firsts(ranges)
    step = np.searchsorted(steps.launch_from_ns, ranges.start_ns, side="right") - 1
    inside = (launched > 0) & (ranges.process == steps.process[0]) & (step >= 0)
    rows = np.flatnonzero(inside & (ranges.start_ns < steps.launch_to_ns[step]))
    code, step = names.merged(ranges.name)[rows].astype(np.int64), step[rows]
    order = np.lexsort((step, code))
    rows, code, step = rows[order], code[order], step[order]
    first = np.flatnonzero(np.diff(code, prepend=code[:1] - 1))
    if not len(first):
        return {}
    # Of each name: in how many steps it is, of which kinds these are, and what was launched in it.
    another = np.diff(code, prepend=-2).astype(bool) | np.diff(step, prepend=-2).astype(bool)
    steps_with = np.add.reduceat(another.astype(np.int64), first)
    least, most = np.minimum.reduceat(kind[step], first), np.maximum.reduceat(kind[step], first)
    own = np.flatnonzero((least == most) & (steps_with == np.bincount(kind)[least]))
    most_last = own[np.argsort(np.add.reduceat(launched[rows], first)[own], kind="stable")]
    heads = [(int(least[each]), rows[first[each]], int(code[first[each]])) for each in most_last.tolist()]
    told = {
        of: names.shown.get(name) or trace.text(name)
        for of, row, name in heads
        if not is_library(trace.text(int(ranges.domain[row])))
    }
    return {of: name for of, name in told.items() if name != PROFILER_STEPS}
