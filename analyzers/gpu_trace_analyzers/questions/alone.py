"""Which time has each of several operations to itself, where they overlap? The one that begins first has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..model import DeviceWork, Int64


def alone(work: DeviceWork, rows: Int64) -> tuple[Int64, Int64, Int64]:
    """Which of ``rows`` have any time to themselves, and its start and end: (n,) int64 each, disjoint and in order.

    An operation has the time from its start, or from where all before it had ended, to its end. So one that lies in
    others has none. ``rows`` are in order of their start.
    """
    reach = np.maximum.accumulate(np.concatenate(([np.iinfo(np.int64).min], work.end_ns[rows])))[:-1]
    start_ns, end_ns = np.maximum(work.start_ns[rows], reach), work.end_ns[rows]
    owns = end_ns > start_ns
    return rows[owns], start_ns[owns], end_ns[owns]
