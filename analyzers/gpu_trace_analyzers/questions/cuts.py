"""Where in a stretch does its reason change? Once the host begins to launch what follows, the host is not late."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .stretches import Stretches

START_UP_NS = 10_000
"""Work that was launched already and began within this time waited for nothing but its own start: between kernels of
one stream an H200 leaves 1 to 3 us, after an event of another stream up to 8."""


def cut_at_launch(stretches: Stretches, among: NDArray[np.bool_] | None = None) -> Stretches:
    """The same stretches, each of ``among`` (default: all) in two where the work that follows was launched inside it.

    The first part ends, and the second begins, when the launching call began. Both have what lies around the whole.
    """
    launch_ns = stretches.launch_ns(stretches.after)
    inside = (launch_ns != MISSING) & (launch_ns > stretches.start_ns) & (launch_ns < stretches.end_ns)
    cut = np.flatnonzero(inside if among is None else inside & among)
    if not len(cut):
        return stretches
    # The row of each stretch that is cut comes twice. Its second copy has moved on by the cuts before it, and by one.
    both = np.sort(np.concatenate((np.arange(len(stretches)), cut)))
    second = cut + np.arange(1, len(cut) + 1)
    start_ns, end_ns = stretches.start_ns[both], stretches.end_ns[both]
    start_ns[second] = end_ns[second - 1] = launch_ns[cut]
    around = {name: getattr(stretches, name)[both] for name in ("during", "before", "after")}
    return replace(stretches, start_ns=start_ns, end_ns=end_ns, **around)


def launched_long_before(stretches: Stretches) -> NDArray[np.bool_]:
    """Which stretches go on for longer than a start takes after the work that follows them was launched."""
    launch_ns = stretches.launch_ns(stretches.after)
    return np.asarray((launch_ns != MISSING) & (stretches.end_ns - launch_ns > START_UP_NS))
