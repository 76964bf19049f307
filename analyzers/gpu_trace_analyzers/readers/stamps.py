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

    from ..model import Int64

LIMIT_NS = 1 << 61
"""No time of a trace is as large: sums of two, and twice one, fit int64. As an epoch it is the year 2043."""

NO_TIME = np.iinfo(np.int64).min
"""What `nanoseconds_of` gives for text that is no time."""

_LONGEST = 18  # digits that always fit int64


def nanoseconds(text: str) -> int | None:
    """Microseconds as decimal text (``"4555785412268.006"``, ``"1e3"``, quoted or not) in ns, to the nearest (half up).

    None for what is no finite number, or is too large to be a time.
    """
    text = text.strip(' "\t\r\n')
    if not text.isascii():
        return None
    whole, _, decimals = text.partition(".")
    if whole.isdigit() and (not decimals or decimals.isdigit()) and len(whole) < _LONGEST:
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


def nanoseconds_of(texts: list[bytes]) -> Int64:
    """`nanoseconds` of many texts at once: (n,) int64, `NO_TIME` where a text is no time."""
    ns = np.full(len(texts), NO_TIME, dtype=np.int64)
    if not texts:
        return ns
    text = np.array(texts, dtype=np.bytes_)
    digits = text.view(np.uint8).reshape(len(texts), -1)
    lengths = (digits != 0).sum(axis=1)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        ns[rows] = _of_one_length(digits[rows, :length])
    for row in np.flatnonzero(ns == NO_TIME):
        value = nanoseconds(texts[row].decode("latin-1"))
        ns[row] = NO_TIME if value is None else value
    return ns


def _of_one_length(text: NDArray[np.uint8]) -> Int64:
    """Values of the rows that are plain digits with at most three decimals; `NO_TIME` for all others."""
    length = text.shape[1]
    values = np.full(len(text), NO_TIME, dtype=np.int64)
    for decimals in (3, 2, 1, 0):
        point = length - 1 - decimals
        if point < 1 and decimals:
            continue
        left = values == NO_TIME
        if not left.any():
            break
        keep = [place for place in range(length) if place != point] if decimals else list(range(length))
        if not 0 < len(keep) <= _LONGEST - (3 - decimals):
            continue
        digits = text[:, keep].astype(np.int64) - ord("0")
        plain = left & ((digits >= 0) & (digits <= 9)).all(axis=1)
        if decimals:
            plain &= text[:, point] == ord(".")
        powers = 10 ** np.arange(len(keep) - 1, -1, -1, dtype=np.int64)
        values[plain] = (digits[plain] @ powers) * 10 ** (3 - decimals)
    values[values >= LIMIT_NS] = NO_TIME
    return values
