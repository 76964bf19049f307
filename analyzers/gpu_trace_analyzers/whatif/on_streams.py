"""Which stream is each operation on, and which operation came before it there?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from ..questions.once import once

if TYPE_CHECKING:
    from ..model import Int64
    from .window import Part


@once
def stream_of_each(part: Part) -> Int64:
    """A number for the stream of each operation: (n,)."""
    work = part.trace.work[part.rows]
    keys = np.stack([work.device.astype(np.int64), work.context.astype(np.int64), work.stream])
    return np.unique(keys, axis=1, return_inverse=True)[1].reshape(-1).astype(np.int64)


@once
def previous_on_stream(part: Part) -> Int64:
    """The operation that was launched before each on its stream, as a position: (n,); `MISSING` for the first."""
    stream = stream_of_each(part)
    order = np.argsort(stream, kind="stable")
    same = np.diff(stream[order]) == 0
    previous = np.full(len(stream), MISSING)
    previous[order[1:][same]] = order[:-1][same]
    return previous
