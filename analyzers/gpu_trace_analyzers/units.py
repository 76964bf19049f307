"""Figures as text with units. Integers in, text out; no figure is rounded before it arrives here."""

from __future__ import annotations

_TIMES = ((10**9, "s"), (10**6, "ms"), (10**3, "µs"))
_SIZES = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))

NONE = "–"
"""A figure that does not exist, such as a ratio with an empty denominator."""


def duration(ns: int) -> str:
    """``130.7 ms``: at least three digits, in the largest unit that has one before the point."""
    for unit_ns, unit in _TIMES:
        if abs(ns) >= unit_ns:
            return f"{_digits(ns / unit_ns)} {unit}"
    return f"{ns} ns"


def size(count: int) -> str:
    """``3.20 GB``, in powers of ten as data sheets have them."""
    for unit_size, unit in _SIZES:
        if count >= unit_size:
            return f"{_digits(count / unit_size)} {unit}"
    return f"{count} B"


def rate(gb_per_s: float | None) -> str:
    """``55.3 GB/s``."""
    return NONE if gb_per_s is None else f"{_digits(gb_per_s)} GB/s"


def ratio(value: float | None) -> str:
    """``0.980``: a ratio of exactly 1 or 0 differs from one that is nearly so."""
    if value is None:
        return NONE
    if 0 < value < 0.0005:
        return "<0.001"
    return ">0.999" if 0.9995 <= value < 1 else f"{value:.3f}"


def share(part: int, whole: int) -> str:
    """``98.0 %`` of a whole."""
    return percent(part / whole if whole else None)


def percent(fraction: float | None) -> str:
    """``98.0 %``: all or nothing differs from what is nearly so."""
    if fraction is None:
        return NONE
    percent = 100 * fraction
    if 0 < percent < 0.05:
        return "<0.1 %"
    return ">99.9 %" if 99.95 <= percent < 100 else f"{percent:.1f} %"


def count(number: int, noun: str = "", nouns: str = "") -> str:
    """``1,321 events``; one of them is ``1 event``. ``nouns`` is the plural if it does not just add an s."""
    return f"{number:,} {noun if number == 1 or not noun else nouns or noun + 's'}".strip()


def _digits(value: float) -> str:
    """Three significant digits, but never fewer than one decimal."""
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.1f}"
