"""Which copies of a CPU does an operator make on its way, which computes before and after them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import ALL_COPIES, MISSING
from .evidence import Fact, work_name
from .overlap import COMPUTE
from .stretches import pick

if TYPE_CHECKING:
    from ..model import Int64
    from .stretches import Stretches


def inside_operator(stretches: Stretches) -> Int64:
    """The row of the operator that goes on after the copy of each stretch; `MISSING` where none does.

    PyTorch's operators call one another, and each has its own time without that of those it calls. So it stands at both
    ends of what it calls, and no instant lies between. Those of MXNet do not, and may touch by chance.
    """
    work = stretches.trace.work
    rows = np.flatnonzero((work.device == stretches.device) & (work.end_ns > work.start_ns))
    rows = rows[np.lexsort((work.start_ns[rows], work.stream[rows]))]
    operator = np.full(len(work), MISSING)
    if len(rows):
        first, last, before, after = _copies(stretches, rows)
        same = (before != MISSING) & (after != MISSING) & (pick(work.name, before) == pick(work.name, after))
        computes = np.isin(pick(work.engine, before), [int(engine) for engine in COMPUTE])
        nests = ["::" in stretches.trace.text(code) for code in pick(work.name, before).tolist()]
        chosen = same & computes & np.array(nests, dtype=np.bool_)
        for a, b, row in zip(first[chosen], last[chosen], after[chosen], strict=True):
            operator[rows[a : b + 1]] = row
    return pick(operator, stretches.during)


def _copies(stretches: Stretches, rows: Int64) -> tuple[Int64, Int64, Int64, Int64]:
    """Runs of copies without a gap, as places among the rows, and the rows that touch each; `MISSING` for none."""
    work = stretches.trace.work
    copies = np.isin(work.engine[rows], [int(engine) for engine in ALL_COPIES])
    # `touches[i]`: row i ends where row i + 1 of the same thread begins. A run ends where rows do not touch.
    same_thread = np.diff(work.stream[rows]) == 0
    touches = same_thread & (work.start_ns[rows[1:]] == work.end_ns[rows[:-1]])
    begins = copies & ~np.concatenate(([False], touches & copies[:-1]))
    ends = copies & ~np.concatenate((touches & copies[1:], [False]))
    first, last = np.flatnonzero(begins), np.flatnonzero(ends)
    touches_before, touches_after = np.concatenate(([False], touches)), np.concatenate((touches, [False]))
    before = np.where(touches_before[first], rows[np.maximum(first - 1, 0)], MISSING)
    after = np.where(touches_after[last], rows[np.minimum(last + 1, len(rows) - 1)], MISSING)
    return first, last, before, after


def inside_fact(stretches: Stretches, _i: int, operator: int) -> Fact:
    """Which operator copied."""
    return Fact(f"{work_name(stretches.trace, operator)} made this copy and then continued")
