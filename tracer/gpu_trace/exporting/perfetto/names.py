"""The tables of names of a Perfetto trace, and the ids by which events speak of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING, Memory
from gpu_trace_analyzers.vocabulary.perfetto import ARGUMENTS, CATEGORIES, MEMORIES

from . import packets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Trace

    from .columns import Column


def category(name: str) -> int:
    """The iid of a category."""
    return CATEGORIES.index(name) + 1


def annotation(name: str) -> int:
    """The iid of an argument's name."""
    return ARGUMENTS.index(name) + 1


def iids(codes: NDArray[np.integer]) -> NDArray[np.integer]:
    """The iids of texts: protobuf has no id 0."""
    return codes + 1


class Names:
    """Texts by codes: those of the trace keep theirs, texts of our own follow. Only what is used is written."""

    def __init__(self, trace: Trace) -> None:
        self._strings = list(trace.strings)
        self._own: dict[str, int] = {}

    def own(self, text: str) -> int:
        """The code of a text that is not the trace's."""
        if text not in self._own:
            self._own[text] = len(self._strings)
            self._strings.append(text)
        return self._own[text]

    def each(self, texts: Iterable[str]) -> NDArray[np.int32]:
        """The codes of many such texts."""
        return np.array([self.own(text) for text in texts], dtype=np.int32)

    def memories(self) -> NDArray[np.int32]:
        """The codes of what each `Memory` is called; `MISSING`, which is -1, stays."""
        return np.array([self.own(MEMORIES[memory]) for memory in Memory] + [MISSING], dtype=np.int32)

    def event_names(self, used: Iterable[Column]) -> Iterator[bytes]:
        """The table of names of slices, with those that these columns of codes speak of."""
        rows = ({"iid": code + 1, "name": packets.valid(self._strings[code])} for code in self._distinct(used))
        return packets.interned("event_names", rows)

    def texts(self, used: Iterable[Column]) -> Iterator[bytes]:
        """The table of texts of arguments, with those that these columns of codes speak of."""
        used_texts = ((code, self._strings[code]) for code in self._distinct(used))
        rows = ({"iid": code + 1, "str": text.encode("utf-8", "replace")} for code, text in used_texts)
        return packets.interned("debug_annotation_string_values", rows)

    def _distinct(self, used: Iterable[Column]) -> list[int]:
        is_used = np.zeros(len(self._strings) + 1, np.bool_)
        for codes in used:
            is_used[codes[:]] = True  # `MISSING` is the last one
        return np.flatnonzero(is_used[:-1]).tolist()
