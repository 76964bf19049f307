"""Which rows of several columns are alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.few_distinct import few_distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64

_ODD = 0x9E3779B97F4A7C15
_WORD = np.dtype(np.uint64)


def alike(columns: Sequence[NDArray[Any]]) -> tuple[Int64, Int64]:
    """A row of each kind, and for each row its place among those: (kinds,) and (rows,) int64.

    Columns are integers, or bytes of several words.
    """
    words = [word for column in columns for word in _words(column)]
    kinds, place = few_distinct(_numbers(words))
    one_of = np.empty(len(kinds), np.int64)
    one_of[place] = np.arange(len(place))
    if any((word[one_of][place] != word).any() for word in words):  # two kinds have one number
        _, one_of, place = np.unique(np.stack(words, axis=1), axis=0, return_index=True, return_inverse=True)
    return one_of, place.reshape(-1)


def _numbers(words: Sequence[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """A number of each row, which is mostly that of its kind alone: (rows,)."""
    odd = np.multiply.accumulate(np.full(len(words), _ODD, _WORD))
    number: NDArray[np.uint64] = words[0] * odd[0]  # wraps around
    for word, factor in zip(words[1:], odd[1:], strict=True):
        number += word * factor
    return number


def _words(column: NDArray[Any]) -> Iterable[NDArray[np.uint64]]:
    """(rows,) uint64 each."""
    if column.dtype.kind == "V":
        return np.ascontiguousarray(column).view(_WORD).reshape(len(column), -1).T
    return [column.astype(_WORD)]
