"""Directions and memories of the copies of an Nsight Systems export: by its own tables, else as documented."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Memory
from ...vocabulary import cupti
from ...vocabulary.kineto import copy_name, memory_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model import Int64
    from .tables import Tables

_KINDS = cupti.COPIES | {11: "Unified HtoD", 12: "Unified DtoH", 13: "Unified PtoP"}
"""CUPTI's numbers, and behind them Nsight's own of unified memory, whose pages migrate."""
_MEMORIES: dict[int, int] = {
    0: Memory.PAGEABLE,
    1: Memory.PINNED,
    2: Memory.DEVICE,
    3: Memory.DEVICE,  # an array
    4: Memory.MANAGED,
    5: Memory.DEVICE,  # static
    6: Memory.MANAGED,  # static
}
"""Nsight's own numbers. They are not CUPTI's, where 1 is pageable and 2 pinned."""
_KIND = re.compile(r"_KIND_(UVM_)?([HDAP])TO([HDAP])$")
_MEMORY = re.compile(r"_KIND_(PAGEABLE|PINNED|DEVICE|ARRAY|MANAGED)(?:_STATIC)?$")


class CopyKinds:
    """What the numbers of an export's columns ``copyKind``, ``srcKind``, ``dstKind`` and ``memKind`` stand for."""

    def __init__(self, tables: Tables) -> None:
        kinds = {number: _kind(name) for number, name in _named(tables, "ENUM_CUDA_MEMCPY_OPER")}
        memories = {number: _memory(name) for number, name in _named(tables, "ENUM_CUDA_MEM_KIND")}
        self._kinds: Mapping[int, str] = _KINDS | kinds
        self._memories: Mapping[int, int] = _MEMORIES | memories

    def names(self, kind: Int64, source: Int64, target: Int64) -> list[str]:
        """Names as Kineto has them, ``Memcpy HtoD (Pinned -> Device)``, of (n,) kinds and `Memory`."""
        return [
            copy_name(self._kinds.get(one, f"kind {one}"), memory_word(start), memory_word(end))
            for one, start, end in zip(kind.tolist(), source.tolist(), target.tolist(), strict=True)
        ]

    def ends(self, kind: Int64, memory: Int64) -> Int64:
        """`Memory` of (n,) ends of copies. Whatever Nsight says of an end, pages of unified memory are managed."""
        unified = [number for number, name in self._kinds.items() if name.startswith("Unified")]
        return np.where(np.isin(kind, unified), Memory.MANAGED, self.memory(memory))

    def peers(self, kind: Int64, target: Int64) -> Int64:
        """Numbers of the devices that (n,) copies between two devices write to; `MISSING` for other copies."""
        between = [number for number, name in self._kinds.items() if name.endswith("PtoP")]
        return np.where(np.isin(kind, between), target, MISSING)

    def memory(self, numbers: Int64) -> Int64:
        """`Memory` of (n,) numbers."""
        return np.array([self._memories.get(number, Memory.UNKNOWN) for number in numbers.tolist()], dtype=np.int64)


def _named(tables: Tables, table: str) -> list[tuple[int, str]]:
    return [(number, str(name)) for number, name in tables.rows(table, "id", "name") if isinstance(number, int)]


def _kind(name: str) -> str:
    """``Unified DtoH`` of ``CUDA_MEMCPY_KIND_UVM_DTOH``. Between devices, pages migrate from one to another."""
    found = _KIND.search(name)
    if found is None:
        return name.rpartition("_KIND_")[2].capitalize()
    unified, start, end = found.groups()
    if not unified:
        return f"{start}to{end}"
    return "Unified PtoP" if start == end == "D" else f"Unified {start}to{end}"


def _memory(name: str) -> int:
    found = _MEMORY.search(name)
    if found is None:
        return Memory.UNKNOWN
    return Memory.DEVICE if found[1] == "ARRAY" else Memory[found[1]]
