"""Events of one category as the scanner found them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..spans import Times
from ..values import Values
from .library import AS_WRITTEN, DURATION, FIRST_ARGUMENT, NAME, NOTHING, PID, START, TEXT, TID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from numpy.typing import NDArray

    from ....model import Int64
    from ..values import Distinct


class Codes(NamedTuple):
    """Codes, among all that is distinct in a file, of what the scanner has numbered."""

    distinct: Distinct
    texts: Int64
    as_written: Int64


class ScannedSpans:
    """n events in the scanner's columns."""

    def __init__(
        self,
        codes: Codes,
        columns: Mapping[str, int],
        numbers: Int64,
        kinds: NDArray[np.uint8],
        have_decimals: bool,
    ) -> None:
        """``numbers`` and ``kinds`` are (columns, n); ``columns`` has the places of the arguments behind the others."""
        self._codes = codes
        self._columns = columns
        self._numbers = numbers
        self._kinds = kinds
        self._have_decimals = have_decimals

    def kept(self) -> ScannedSpans:
        """The same in memory of their own."""
        return self[np.ones(len(self), dtype=np.bool_)]

    @property
    def distinct(self) -> Distinct:
        return self._codes.distinct

    def __len__(self) -> int:
        return len(self._numbers[NAME])

    def __getitem__(self, rows: NDArray[np.bool_]) -> Self:
        numbers, kinds = self._numbers[:, rows], self._kinds[:, rows]
        return type(self)(self._codes, self._columns, numbers, kinds, self._have_decimals)

    @property
    def name(self) -> Int64:
        codes: Int64 = self._codes.texts[self._numbers[NAME]]
        return codes

    @property
    def pid(self) -> Values:
        return self._values(PID)

    @property
    def tid(self) -> Values:
        return self._values(TID)

    @property
    def start(self) -> Times:
        return Times(self._numbers[START], self._have_decimals)

    @property
    def duration(self) -> Times:
        return Times(self._numbers[DURATION], self._have_decimals)

    def argument(self, name: str) -> Values:
        return self._values(FIRST_ARGUMENT + self._columns[name])

    def as_written(self, name: str) -> Int64:
        column = FIRST_ARGUMENT + self._columns[name]
        codes = np.full(len(self), self.distinct[b""], dtype=np.int64)
        rows = np.flatnonzero(self._kinds[column] == AS_WRITTEN)
        codes[rows] = self._codes.as_written[self._numbers[column][rows]]
        return codes

    def _values(self, column: int) -> Values:
        kinds, numbers = self._kinds[column], self._numbers[column]
        other = kinds == TEXT
        if other.any():
            numbers = np.where(other, self._codes.texts[np.where(other, numbers, 0)], numbers)
        return Values(self.distinct, numbers, kinds != NOTHING, other)
