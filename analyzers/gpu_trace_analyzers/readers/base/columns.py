"""From lists of Python values to columns."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Int64

_NUMBER = re.compile(r"-?\d+")
_RANGE = 1 << 64


def ids(values: Sequence[object]) -> Int64:
    """Ids, (n,) int64: integers, texts that hold one (``"stream 7"``), other texts by a checksum; None is `MISSING`."""
    try:
        return np.array([MISSING if value is None else value for value in values], dtype=np.int64)
    except (TypeError, ValueError, OverflowError):
        return np.array([as_id(value) for value in values], dtype=np.int64)


def as_id(value: object) -> int:
    """One id. Of integers beyond int64 (MXNet's thread hashes) the lowest 64 bits, which keeps them apart."""
    if isinstance(value, str):
        number = _NUMBER.search(value)
        value = int(number[0][:40]) if number else zlib.crc32(value.encode("utf-8", "replace")) if value else MISSING
    if not isinstance(value, int):
        return MISSING
    wrapped = value % _RANGE
    return wrapped - _RANGE if wrapped >= _RANGE // 2 else wrapped
