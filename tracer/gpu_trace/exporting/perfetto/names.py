"""The tables of names of a Perfetto trace, and the ids by which events speak of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import Memory
from gpu_trace_analyzers.vocabulary.perfetto import ARGUMENTS, CATEGORIES, MEMORIES

from . import packets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Trace


def category(name: str) -> int:
    """The iid of a category."""
    return CATEGORIES.index(name) + 1


def annotation(name: str) -> int:
    """The iid of an argument's name."""
    return ARGUMENTS.index(name) + 1


class Names:
    """Strings of the trace keep their code, plus one; texts of our own follow. Only what is used is written."""

    def __init__(self, trace: Trace) -> None:
        self._strings = list(trace.strings)
        self._own: dict[str, int] = {}

    def own(self, text: str) -> int:
        """The iid of a text that is not the trace's."""
        if text not in self._own:
            self._strings.append(text)
            self._own[text] = len(self._strings)
        return self._own[text]

    def each(self, texts: Iterable[str]) -> NDArray[np.int64]:
        """The iids of many such texts."""
        return np.array([self.own(text) for text in texts], dtype=np.int64)

    def memories(self, ends: NDArray[np.int8]) -> NDArray[np.int64]:
        """The iids of what `Memory` is called; `MISSING` stays."""
        table = np.array([self.own(MEMORIES[memory]) for memory in Memory] + [-1], dtype=np.int64)
        return table[ends]

    def text(self, iid: int) -> str:
        """What an iid stands for."""
        return self._strings[iid - 1]

    def event_names(self, used: Iterable[NDArray[np.integer]]) -> Iterator[bytes]:
        """The table of names of slices, with those that these columns of iids speak of."""
        rows = ({"iid": iid, "name": packets.valid(self.text(iid))} for iid in _iids(used))
        return packets.interned("event_names", rows)

    def texts(self, used: Iterable[NDArray[np.integer]]) -> Iterator[bytes]:
        """The table of texts of arguments, with those that these columns of iids speak of."""
        rows = ({"iid": iid, "str": self.text(iid).encode("utf-8", "replace")} for iid in _iids(used))
        return packets.interned("debug_annotation_string_values", rows)


def _iids(used: Iterable[NDArray[np.integer]]) -> list[int]:
    columns = [np.unique(column[column > 0]) for column in used]
    return np.unique(np.concatenate(columns)).tolist() if columns else []


def codes_to_iids(codes: NDArray[np.integer]) -> NDArray[np.int32]:
    """Codes into ``Trace.strings`` as iids; `MISSING` stays."""
    return np.where(codes >= 0, codes.astype(np.int32) + 1, -1)
