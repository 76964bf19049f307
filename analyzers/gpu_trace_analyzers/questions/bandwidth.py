"""How many bytes does a collective move, and how many of them must cross each link?

NCCL's own definitions, from ``doc/PERFORMANCE.md`` of nccl-tests: algorithm bandwidth is ``S / t``; bus bandwidth is
that times a factor, so that it can be compared with the limit of the links for any number ``n`` of ranks. ``S`` is the
size of the whole array: for all-gather and reduce-scatter, ``n`` times the message that NCCL counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of collective."""

    name: re.Pattern[str]
    """in names of kernels (``ncclDevKernel_AllReduce_Sum_f32_RING_LL``) and of ranges (``gloo:all_reduce``)"""
    factor: Callable[[int], Fraction]
    """bus bandwidth over algorithm bandwidth, by the number of ranks"""
    of_each_rank: bool = False
    """whether the message that NCCL counts is the part of one rank"""


PATTERNS = (
    Pattern(re.compile(r"all_?reduce", re.IGNORECASE), lambda n: Fraction(2 * (n - 1), n)),
    Pattern(re.compile(r"all_?gather", re.IGNORECASE), lambda n: Fraction(n - 1, n), of_each_rank=True),
    Pattern(re.compile(r"reduce_?scatter", re.IGNORECASE), lambda n: Fraction(n - 1, n), of_each_rank=True),
    Pattern(re.compile(r"broadcast", re.IGNORECASE), lambda _n: Fraction(1)),
    Pattern(re.compile(r"[_:]reduce(?![a-z_]*scatter)", re.IGNORECASE), lambda _n: Fraction(1)),
)
"""The first that fits a name is its kind. Sending and receiving is in none: a kernel may do both, to several ranks."""


def pattern_of(name: str) -> Pattern | None:
    """The kind of a collective by its name; None if it is not known."""
    return next((pattern for pattern in PATTERNS if pattern.name.search(name)), None)
