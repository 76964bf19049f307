"""Lengths in buckets that are the same everywhere, so that counts of many ranks add up.

Lengths below 16 ns have buckets of their own; above, each doubling has eight, so that a bucket is at most an eighth of
its length wide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ...columns import Int64

_BITS = 4
"""of a length, from its highest one, that tell its bucket"""
_EACH = 1 << (_BITS - 1)
"""buckets of a doubling"""
_POWERS = 1 << np.arange(63, dtype=np.int64)


def bucket_of(ns: Int64) -> Int64:
    """(n,) int64: the number of the bucket of each length, which are (n,) and not negative."""
    length_in_bits = np.searchsorted(_POWERS, ns, side="right")  # a logarithm of floats would round
    shift = np.maximum(length_in_bits - _BITS, 0)
    return np.asarray(shift * _EACH + (ns >> shift))


def least_ns(bucket: int) -> int:
    """The shortest length that a bucket has; the next bucket begins where it ends."""
    shift = max(bucket // _EACH - 1, 0)
    return (bucket - shift * _EACH) << shift
