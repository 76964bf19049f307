"""Rows of text, made a column at a time: a column has a text for each row, or the one text that all rows have.

NumPy takes most texts from tables, and one join puts the rows together: to format each row takes three times as long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64

    Column: TypeAlias = "str | Sequence[str]"

SEPARATOR = ",\n"


def _table(form: str) -> NDArray[np.object_]:
    return np.array([format(number, form) for number in range(1000)], dtype=object)


_PLAIN, _PADDED = _table("d"), _table("03d")
_THOUSANDTHS = np.array([f".{padded}" for padded in _PADDED], dtype=object)


def lines(columns: Sequence[Column], rows: int) -> str:
    """Rows with separators between them: each is the next text of every column."""
    width = len(columns) + 1
    texts = [SEPARATOR] * (rows * width)
    for place, column in enumerate(columns):
        texts[place::width] = [column] * rows if isinstance(column, str) else column
    del texts[-1:]
    return "".join(texts)


def numbers(values: Int64) -> tuple[Column, ...]:
    """The digits of numbers, in one column or more."""
    small = values < len(_PLAIN)
    if small.any():
        exact = small.all() and values.min() >= 0
        return (_PLAIN[values].tolist() if exact else list(map(str, values.tolist())),)
    thousands, rest = np.divmod(values, len(_PADDED))
    return _repeated(thousands), _PADDED[rest].tolist()


def microseconds(times_ns: Int64) -> tuple[Column, ...]:
    """Times in microseconds, exact to the nanosecond, in one column or more."""
    whole, rest = np.divmod(np.abs(times_ns), 1000)
    columns = *numbers(whole), _THOUSANDTHS[rest].tolist()
    below = times_ns < 0
    return (np.where(below, "-", "").tolist(), *columns) if below.any() else columns


def _repeated(values: Int64) -> list[str]:
    """The digits of numbers of which many in a row are equal."""
    first = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    texts = np.array(list(map(str, values[first].tolist())), dtype=object)
    found: list[str] = np.repeat(texts, np.diff(first, append=len(values))).tolist()
    return found
