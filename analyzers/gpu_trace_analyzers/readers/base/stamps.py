"""Decimal text to integer nanoseconds, exactly.

Kineto writes microseconds with three decimals, in 2024 as epoch microseconds (1.7e15), where a double has steps of a
quarter microsecond. So no stamp is ever a float here.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64

LIMIT_NS = 1 << 61
"""No time of a trace is as large: sums of two, and twice one, fit int64. As an epoch it is the year 2043."""

NO_TIME = np.iinfo(np.int64).min
"""The value of `nanoseconds_of` for text that is not a time."""

_POINT = (ord(".") - ord("0")) % 256
_DIGITS = 19  # of the largest int64; with a first digit of at most 2 it certainly fits


def nanoseconds(text: str) -> int | None:
    """Microseconds as decimal text (``"4555785412268.006"``, ``"1e3"``, quoted or not) in ns, to the nearest (half up).

    None for text that is not a finite number, or too large to be a time.
    """
    text = text.strip(' "\t\r\n')
    if not text.isascii():
        return None
    whole, _, decimals = text.partition(".")
    if whole.isdigit() and (not decimals or decimals.isdigit()) and len(whole) < _DIGITS:
        ns = int(whole + decimals[:3].ljust(3, "0")) + (decimals[3:4] >= "5")
    else:
        exact = _decimal_ns(text)
        if exact is None:
            return None
        ns = exact
    return ns if -LIMIT_NS < ns < LIMIT_NS else None


def _decimal_ns(text: str) -> int | None:
    try:
        value = Decimal(text)
    except (InvalidOperation, ValueError):
        return None
    if not value.is_finite() or value.adjusted() > 30:
        return None
    if value.adjusted() < -30:
        return 0
    return int((value * 1000 + Decimal("0.5")).to_integral_value("ROUND_FLOOR"))


def nanoseconds_of(texts: bytes) -> Int64:
    """`nanoseconds` of many texts, each ended by a zero byte: (n,) int64, `NO_TIME` where a text is not a time."""
    text = np.frombuffer(texts, dtype=np.uint8)
    ends = np.flatnonzero(text == 0)
    starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.intp) if len(ends) else ends
    lengths = ends - starts
    ns = np.full(len(ends), NO_TIME, dtype=np.int64)
    for length in np.unique(lengths[lengths <= _DIGITS + 1]).tolist():
        rows = np.flatnonzero(lengths == length)
        if len(rows) == len(ends):  # one behind the other, as stamps of a recording are
            ns = _of_one_length(text.reshape(-1, length + 1)[:, :length])
        else:
            ns[rows] = _of_one_length(text[starts[rows, None] + np.arange(length)])
    for row in np.flatnonzero((ns == NO_TIME) & (lengths > 0)).tolist():
        value = nanoseconds(texts[starts[row] : ends[row]].decode("utf-8", "replace"))
        ns[row] = NO_TIME if value is None else value
    return ns


def _of_one_length(text: NDArray[np.uint8]) -> Int64:
    """Values of the rows that are plain digits with at most three decimals; `NO_TIME` for all others."""
    length = text.shape[1]
    values = np.full(len(text), NO_TIME, dtype=np.int64)
    # A row per place: each step below is then one pass over neighbors. What is not a digit becomes larger than 9.
    digits = np.ascontiguousarray(text.T) - np.uint8(ord("0"))
    for decimals in (3, 2, 1, 0):
        point = length - 1 - decimals
        if (values != NO_TIME).all() or (decimals and point < 1) or not length:
            continue
        plain = digits <= 9
        if decimals:
            plain[point] = digits[point] == _POINT
        scaled = length - bool(decimals) + 3 - decimals
        if scaled > _DIGITS:
            continue
        if scaled == _DIGITS:
            plain[0] &= digits[0] <= 2
        rows = np.flatnonzero(plain.all(axis=0))
        keep = digits[:, rows]
        values[rows] = _whole(np.delete(keep, point, axis=0) if decimals else keep) * 10 ** (3 - decimals)
    values[values >= LIMIT_NS] = NO_TIME
    return values


def _whole(digits: NDArray[np.uint8]) -> Int64:
    """The numbers of which ``digits``, (places, n), has a row per place: (n,) int64."""
    value = np.zeros(digits.shape[1], dtype=np.int64)
    for place in digits:
        value *= 10
        value += place
    return value
