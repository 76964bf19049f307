"""Columns of whole numbers as text that a page can hold: varints, deflated, in base64.

A kernel takes about 4 bytes of the page, where as JSON it took 30.
"""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_BITS, _MORE = 7, 0x80


def packed(columns: Iterable[NDArray[np.int64]]) -> str:
    """(n,) int64 columns of numbers that are not negative, one after the other."""
    return base64.b64encode(zlib.compress(b"".join(varints(column) for column in columns))).decode()


def varints(values: NDArray[np.int64]) -> bytes:
    """Each number in 7 bits a byte, the lowest first, with the top bit where more follow (LEB128)."""
    sizes = np.ones(len(values), dtype=np.int64)
    for size in range(1, 9):
        sizes += values >> (_BITS * size) > 0
    places = np.cumsum(sizes) - sizes
    out: NDArray[Any] = np.zeros(int(sizes.sum()), dtype=np.uint8)
    for byte in range(int(sizes.max(initial=0))):
        has = np.flatnonzero(sizes > byte)
        more = np.where(sizes[has] > byte + 1, _MORE, 0)
        out[places[has] + byte] = (values[has] >> (_BITS * byte)) & (_MORE - 1) | more
    return out.tobytes()
