"""Which recording of a CUDA event is a wait for? The latest that was called before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64

    Records = NDArray[np.void]

_IDS = 1 << 32
"""more than any id of CUPTI"""


class Awaited:
    """Answers for waits, given where events were recorded, in the order of the calls."""

    def __init__(self, events: Records) -> None:
        event, context = (events[field].astype(np.uint64) for field in ("event", "context"))
        self._pairs, group = np.unique(event * np.uint64(_IDS) + context, return_inverse=True)
        order = np.argsort(group, kind="stable")
        self._key = group[order] * _IDS + events["correlation"][order]
        self._group, self._stream = group[order], events["stream"][order].astype(np.int64)
        self._correlation = events["correlation"][order].astype(np.int64)

    def by(self, waits: Records) -> tuple[Int64, Int64]:
        """The stream that recorded the event of each wait, and the call that did; `MISSING` where that is not known."""
        stream, correlation = np.full((2, len(waits)), MISSING)
        if not len(self._key):
            return stream, correlation
        group = self._groups(waits)
        before = np.searchsorted(self._key, group * _IDS + waits["correlation"]) - 1
        found = (group != MISSING) & (before >= 0) & (self._group[before] == group)
        stream[found], correlation[found] = self._stream[before[found]], self._correlation[before[found]]
        return stream, correlation

    def _groups(self, waits: Records) -> Int64:
        """Of each wait the number of its pair of event and context; `MISSING` for a pair that was never recorded.

        A stream of one device waits for one of another: then the event has another context, if it has only one.
        """
        event, context = (waits[field].astype(np.uint64) for field in ("event", "context"))
        wanted = event * np.uint64(_IDS) + context
        place = np.minimum(np.searchsorted(self._pairs, wanted), len(self._pairs) - 1)
        first = np.searchsorted(self._pairs, event * np.uint64(_IDS))
        only = np.searchsorted(self._pairs, event * np.uint64(_IDS) + np.uint64(_IDS - 1), side="right") - first == 1
        return np.where(self._pairs[place] == wanted, place, np.where(only, first, MISSING))
