"""Columns of equal length, addressed by name, whose types say their dtypes and what their numbers mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping


class Role(Enum):
    """The meaning of the numbers of a column, if they are not plain numbers."""

    TEXT = "a code into Trace.strings"
    DEVICE = "a position in Trace.devices"
    PROCESS = "a position in Trace.processes"
    FRAME = "a position in Trace.stack_frames"


# The dtype is given with the type, because NDArray[...] at run time differs between versions of NumPy.
Int8 = Annotated[NDArray[np.int8], np.dtype(np.int8)]
Int16 = Annotated[NDArray[np.int16], np.dtype(np.int16)]
Int32 = Annotated[NDArray[np.int32], np.dtype(np.int32)]
Int64 = Annotated[NDArray[np.int64], np.dtype(np.int64)]
Text = Annotated[NDArray[np.int32], np.dtype(np.int32), Role.TEXT]
DeviceAt = Annotated[NDArray[np.int16], np.dtype(np.int16), Role.DEVICE]
ProcessAt = Annotated[NDArray[np.int16], np.dtype(np.int16), Role.PROCESS]
FrameAt = Annotated[NDArray[np.int32], np.dtype(np.int32), Role.FRAME]
Index = NDArray[np.bool_] | NDArray[np.intp] | slice

MISSING = -1
"""An id, a size or a name that the trace does not have."""

_Columns = TypeVar("_Columns", bound="Columns")


def positions(rows: Index) -> Index:
    """A mask as the positions that it selects: of several columns, NumPy takes those several times as fast."""
    return np.flatnonzero(rows) if isinstance(rows, np.ndarray) and rows.dtype == np.bool_ else rows


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of equal length, addressed by name; subclasses list them with their dtypes."""

    def __len__(self) -> int:
        return len(getattr(self, next(iter(self.columns()))))

    def __getitem__(self: _Columns, rows: Index) -> _Columns:
        """The rows that a mask, an array of positions or a slice selects, in that order."""
        at = positions(rows)
        return type(self)(**{name: getattr(self, name)[at] for name in self.columns()})

    @classmethod
    @cache
    def columns(cls) -> Mapping[str, np.dtype[np.generic]]:
        """Name and dtype of each column, as annotated."""
        return {name: hint.__metadata__[0] for name, hint in get_type_hints(cls, include_extras=True).items()}

    @classmethod
    @cache
    def columns_of(cls, role: Role) -> tuple[str, ...]:
        """Names of the columns whose numbers have this role."""
        hints = get_type_hints(cls, include_extras=True)
        return tuple(name for name, hint in hints.items() if role in hint.__metadata__)

    @classmethod
    def of(cls: type[_Columns], rows: Mapping[str, object], length: int | None = None) -> _Columns:
        """Build from anything that NumPy turns into columns; columns left out are `MISSING` in every row.

        Raises ``ValueError`` for a column the table does not have, or for lengths that differ.
        """
        dtypes = cls.columns()
        if unknown := rows.keys() - dtypes.keys():
            raise ValueError(f"{cls.__name__} has no column {', '.join(sorted(unknown))}")
        given = {name: np.asarray(values, dtype=dtypes[name]) for name, values in rows.items()}
        lengths = {len(values) for values in given.values()} | ({length} if length is not None else set())
        if len(lengths) > 1:
            raise ValueError(f"{cls.__name__}: columns of different lengths {sorted(lengths)}")
        count = lengths.pop() if lengths else 0
        missing = {name: np.full(count, MISSING, dtype) for name, dtype in dtypes.items() if name not in given}
        return cls(**given, **missing)

    @classmethod
    def empty(cls: type[_Columns]) -> _Columns:
        """No rows."""
        return cls.of({})
