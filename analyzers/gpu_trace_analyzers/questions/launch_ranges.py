"""In which named range did the host launch each operation? In the innermost one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..domains import is_library
from ..model import MISSING
from .issued import launch_order
from .nesting import nesting_depths
from .once import once
from .ranges import DEEPEST_OWNER, with_length

if TYPE_CHECKING:
    from ..model import Int64
    from .scope import Scope


@once
def launch_ranges(scope: Scope) -> Int64:
    """For each row of ``Trace.work`` the position of the shortest range around its launch: (n,) int64.

    Positions are those in `with_length`, `MISSING` where no range is. Ranges of libraries do not count: the operations
    that they launch have names of their own. Neither do ranges that lie too deep to own work.
    """
    trace, ranges = scope.trace, with_length(scope)
    domains = np.unique(ranges.domain).tolist()
    of_library = np.isin(ranges.domain, [code for code in domains if is_library(trace.text(code))])
    owners = np.flatnonzero((nesting_depths(ranges) < DEEPEST_OWNER) & ~of_library)
    which, row = launch_order(trace).inside(ranges[owners])
    owner = owners[which]
    # The last pair of each row counts: those of the shortest range, of equal ones of the last to begin.
    order = np.lexsort((owner, ranges.start_ns[owner] - ranges.end_ns[owner]))
    found = np.full(len(trace.work), MISSING)
    found[row[order]] = owner[order]
    return found
