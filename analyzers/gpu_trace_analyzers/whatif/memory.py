"""How much more device memory does a schedule hold at once than the recording did?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING

if TYPE_CHECKING:
    from ..dependencies.edges import Contents
    from .schedule import Times


def extra_bytes(contents: Contents, recorded: Times, planned: Times) -> int:
    """The difference of the peaks of all operations as recorded and as planned, at least 0.

    A content is held from the start of the operation that uses it first to the end of the one that uses it last. Those
    of the host, and those that existed before, do not count.
    """
    own = contents[(contents.made == 1) & (contents.device != MISSING) & (contents.size > 0)]
    devices = np.unique(own.device).tolist()
    return sum(max(0, _peak(own[own.device == d], planned) - _peak(own[own.device == d], recorded)) for d in devices)


def _peak(contents: Contents, times: Times) -> int:
    """The most bytes that are held at once."""
    at_ns = np.concatenate([times.start_ns[contents.first], times.end_ns[contents.last]])
    change = np.concatenate([contents.size, -contents.size])
    order = np.lexsort((change, at_ns))  # what ends at an instant makes room for what begins then
    return int(np.cumsum(change[order]).max(initial=0))
