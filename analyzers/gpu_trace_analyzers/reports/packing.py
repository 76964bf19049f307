"""Columns of whole numbers as text that a page can hold: varints, deflated, in base64.

A kernel takes about 4 bytes of the page, where as JSON it took 30.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_BATCH = 1 << 16
"""numbers that are made varints at once: what bounds the memory"""


def packed(columns: Iterable[NDArray[np.integer]]) -> str:
    """(n,) columns of integers that are not negative, one after the other."""
    deflated = zlib.compressobj()
    pieces = [
        deflated.compress(varints(column[first : first + _BATCH]))
        for column in columns
        for first in range(0, len(column), _BATCH)
    ]
    return base64.b64encode(b"".join([*pieces, deflated.flush()])).decode()


def varints(values: NDArray[np.integer]) -> bytes:
    """Each number in 7 bits a byte, the lowest first, with the top bit where more follow (LEB128)."""
    width = max(1, (int(values.max(initial=0)).bit_length() + 6) // 7)
    size = np.ones(len(values), np.int8)
    for place in range(1, width):
        size += values >= 1 << 7 * place
    rows = np.empty((len(values), width), np.uint8)
    for place in range(width):
        rows[:, place] = values >> 7 * place & 0x7F
        rows[:, place] |= (size > place + 1).astype(np.uint8) << 7
    return rows[np.arange(width) < size[:, None]].tobytes()
