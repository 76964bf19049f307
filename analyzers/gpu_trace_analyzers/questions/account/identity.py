"""What names a loss, so that it is found again in another recording of the same script?"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import numpy as np

from ...few_distinct import few_distinct
from ...model import MISSING
from ..evidence import innermost_range, work_name
from ..grouped import summed

if TYPE_CHECKING:
    from ...model import Device, Int64
    from ..stretches import Stretches

_NUMBER = re.compile(r"\d+")
_LENGTH = 12
"""hexadecimal digits: with a thousand losses two of them are alike in one of 10^8 recordings"""


def identity(stretches: Stretches, members: Int64, device: Device, owner: str, cause: str) -> str:
    """A hash of rank, device, owner, cause, and the operation and range of most of the time, without their numbers."""
    row = _mostly(stretches, members)
    names = (work_name(stretches.trace, row), innermost_range(stretches, row))
    parts = (device.rank, device.kind, device.index, owner, cause, *(_NUMBER.sub("*", name) for name in names))
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:_LENGTH]


def _mostly(stretches: Stretches, members: Int64) -> int:
    """The first row of the operation that the longest time is about; `MISSING` where none is."""
    during, after = stretches.during[members], stretches.after[members]
    rows = np.where(during == MISSING, after, during)
    if not len(stretches.trace.work):
        return MISSING
    names = np.where(rows == MISSING, MISSING, stretches.trace.work.name[rows])
    distinct, place = few_distinct(names)
    ns = summed(place, stretches.ns[members], len(distinct))
    return int(rows[np.argmax(place == np.argmax(ns))])
