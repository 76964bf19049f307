"""Edges between operations of devices: one must end before another may begin."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from ..columns import Columns, Int8, Int64

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Because(IntEnum):
    """Why an operation has to wait for another one."""

    READS = 0
    """it reads what the other one wrote"""
    OVERWRITES_READ = 1
    """it writes what the other one reads"""
    OVERWRITES = 2
    """it writes what the other one wrote"""
    SAME_OPERATOR = 3
    """both are of one operator, which orders them"""
    UNKNOWN = 4
    """what one of the two reads and writes is not known, so they keep the order that the recording gave them"""


@dataclass(frozen=True, slots=True, eq=False)
class Edges(Columns):
    """Operations are positions among the given rows, in the order of their launches; ``before < after``."""

    before: Int64
    after: Int64
    because: Int8
    """`Because`"""


@dataclass(frozen=True, slots=True, eq=False)
class Contents(Columns):
    """A row for each content of memory: what a storage held from when it was made until it was made anew.

    A storage that the memory allocator gives out again is a new one, whatever its address.
    """

    size: Int64
    """bytes from its begin to the last that any operation touched; `MISSING` if unknown"""
    device: Int64
    """index of the GPU (``cuda:1``), `MISSING` for memory of the host"""
    first: Int64
    """the operation that used it first, as a position among the rows"""
    last: Int64
    """the one that used it last"""
    made: Int8
    """1 if it was made among the rows, 0 if it existed before"""


@dataclass(frozen=True, slots=True, eq=False)
class HostUses(Columns):
    """Operators of the host that have to wait for an operation of a device, in the order in which they began."""

    at_ns: Int64
    """when the operator began, on the clock of the trace"""
    operation: Int64
    """as a position among the rows"""
    reads: Int8
    """1 if it reads what the operation wrote, 0 if it overwrites what the operation read or wrote"""


@dataclass(frozen=True, slots=True, eq=False)
class Carrying(Columns):
    """Operators of the host that made what an operation of a device reads, of results of a device; as they began."""

    at_ns: Int64
    """when the operator began, on the clock of the trace"""
    operation: Int64
    """the first operation that reads what became of it, as a position among the rows"""


@dataclass(frozen=True, slots=True, eq=False)
class Dependencies:
    """The true data dependencies among ``rows`` of ``Trace.work``, which are in the order of their launches."""

    rows: Int64
    edges: Edges
    known: NDArray[np.bool_]
    """whether it is known what the operation reads and writes: (n,)"""
    contents: Contents
    host_reads: NDArray[np.bool_]
    """copies to the host whose result an operator on the host reads later: (n,)"""
    host_uses: HostUses
    carried: NDArray[np.bool_]
    """copies to the host of whose result operators on the host made what a later operation reads: (n,)"""
    carrying: Carrying
    copied_again: NDArray[np.bool_]
    """copies from memory of the host that is copied again later, though no operator on the host has written it since:
    either it is the same, or code that is not an operator has filled it: (n,)"""
