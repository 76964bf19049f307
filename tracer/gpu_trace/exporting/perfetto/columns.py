"""Columns of what is written, which may be as long as the trace: they take no memory where that can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column: TypeAlias = "NDArray[Any] | Picked"


@dataclass(frozen=True, slots=True, eq=False)
class Picked:
    """A column of some rows of a table: it is taken from there a batch at a time, and takes no memory until then."""

    table: NDArray[Any]
    rows: NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, some: slice | NDArray[np.intp]) -> NDArray[Any]:
        """Its values in some of the rows."""
        values: NDArray[Any] = self.table[self.rows[some]]
        return values


def alike(value: int, count: int) -> NDArray[np.int64]:
    """A column of one value, which takes no memory."""
    return np.broadcast_to(np.int64(value), count)
