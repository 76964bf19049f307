"""Which rows of several columns are alike?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.few_distinct import few_distinct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64

_ODD = 0x9E3779B97F4A7C15
_WORD = np.dtype(np.uint64)


def alike(columns: Sequence[NDArray[Any]]) -> tuple[Int64, Int64]:
    """A row of each kind, and for each row its place among those: (kinds,) and (rows,) int64.

    Columns are integers, or bytes of several words.
    """
    words = np.concatenate([_words(column) for column in columns], axis=1)
    odd = np.multiply.accumulate(np.full(words.shape[1], _ODD, _WORD))
    kinds, place = few_distinct((words * odd).sum(axis=1, dtype=_WORD))  # wraps around
    one_of = np.empty(len(kinds), np.int64)
    one_of[place] = np.arange(len(place))
    if (words[one_of[place]] != words).any():  # two kinds have one number
        _, one_of, place = np.unique(words, axis=0, return_index=True, return_inverse=True)
    return one_of, place.reshape(-1)


def _words(column: NDArray[Any]) -> NDArray[np.uint64]:
    """(rows, words) uint64."""
    if column.dtype.kind == "V":
        return np.ascontiguousarray(column).view(_WORD).reshape(len(column), -1)
    return column.astype(_WORD).reshape(-1, 1)
