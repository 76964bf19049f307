"""Blocks of events to columns, and to what has to be decoded of them."""

from __future__ import annotations

import ctypes
import weakref
from collections import Counter, defaultdict
from ctypes import c_int64, c_void_p
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec
import numpy as np

from .library import WORD
from .spans import Codes, ScannedSpans
from .wanted import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ....model import Int64
    from ..values import Distinct
    from .wanted import Wish


class Taken(NamedTuple):
    """What a block had."""

    left: dict[str, list[bytes]]
    """the text of each event that has to be decoded, by its category where that is one of those wished, else ``""``"""
    others: int
    """how many other events"""
    rest: bytes
    """an unfinished event"""


class _Native:
    """A scanner of the library, which ends with this."""

    def __init__(self, library: ctypes.CDLL, memory: Memory) -> None:
        """Raises ``MemoryError``."""
        self._library = library
        self._scanner = library.gpu_trace_scanner_new(ctypes.byref(memory.wanted))
        if not self._scanner:
            raise MemoryError
        weakref.finalize(self, library.gpu_trace_scanner_free, self._scanner)

    def take(self, block: bytes) -> tuple[int, int, int]:
        """Where the rest of a block begins, and how many events are to be decoded, and how many there are beside."""
        counts = (c_int64 * 2)()
        rest = self._library.gpu_trace_scanner_take(self._scanner, block, len(block), counts)
        return rest, counts[0], counts[1]

    def undo(self) -> None:
        self._library.gpu_trace_scanner_undo(self._scanner)

    def words(self, which: int, begin: int) -> list[bytes]:
        """The texts that it has numbered, or what it keeps as it was written, from one number on."""
        places = c_void_p(), c_void_p()
        count = self._library.gpu_trace_scanner_words(self._scanner, which, *map(ctypes.byref, places))
        if begin == count:
            return []
        text, words = (place.value or 0 for place in places)
        size = (count - begin) * WORD.itemsize
        found = np.frombuffer(ctypes.string_at(words + begin * WORD.itemsize, size), dtype=WORD)
        first = int(found["begin"][0])
        ends = (found["begin"] + found["length"] - first).tolist()
        new = ctypes.string_at(text + first, ends[-1])
        return [new[at:end] for at, end in zip([0, *ends], ends, strict=False)]


class _Learned:
    """Codes of what the library has numbered, in the order of its numbers."""

    def __init__(
        self, new: Callable[[int], list[bytes]], decode: Callable[[bytes], object], distinct: Distinct
    ) -> None:
        self._new = new
        self._decode = decode
        self._distinct = distinct
        self._codes = np.empty(0, dtype=np.int64)

    def codes(self) -> Int64:
        """Of all by now: (n,) int64."""
        if new := self._new(len(self._codes)):
            self._codes = np.concatenate((self._codes, self._distinct.codes(map(self._decode, new))))
        return self._codes


class Scanner:
    """Takes blocks of one file, and has the columns of what it took until they are asked for."""

    def __init__(self, library: ctypes.CDLL, wishes: Mapping[str, Wish], distinct: Distinct) -> None:
        """Raises ``MemoryError``."""
        self._memory = Memory(wishes)
        self._native = _Native(library, self._memory)
        self._columns = {name: {field: place for place, field in enumerate(wishes[name].fields)} for name in wishes}
        self._distinct = distinct
        self._texts = _Learned(partial(self._native.words, 0), _text, distinct)
        self._as_written = _Learned(partial(self._native.words, 1), bytes, distinct)

    def take(self, block: bytes) -> Taken | None:
        """Take a block; None where it has anything that is not plain, and then nothing was taken."""
        rest, left_count, others = self._native.take(block)
        if not rest:
            return None
        left: defaultdict[str, list[bytes]] = defaultdict(list)
        for begin, end, category in self._memory.left[:left_count].tolist():
            left[self._memory.categories[category] if category >= 0 else ""].append(block[begin:end])
        return Taken(left, others, block[rest:])

    def undo(self) -> None:
        """Forget the columns of the last block."""
        self._native.undo()

    def columns(self, least: int = 1) -> Iterator[tuple[str, ScannedSpans]]:
        """The columns of categories that have this many rows by now, which begin anew; in the order of their names.

        They lie where those of the next block will: `ScannedSpans.kept` are good for longer.
        """
        full = np.flatnonzero(self._memory.tallies["rows"] >= least).tolist()
        if not full:
            return
        codes = Codes(self._distinct, self._texts.codes(), self._as_written.codes())
        for name, place in sorted((self._memory.categories[place], place) for place in full):
            yield name, self._spans(name, place, codes)

    def skipped(self) -> Counter[str]:
        """How many events there were that are not wanted, by category."""
        counts = zip(self._memory.categories, self._memory.tallies["skipped"].tolist(), strict=True)
        return Counter({category: count for category, count in counts if count})

    def _spans(self, name: str, place: int, codes: Codes) -> ScannedSpans:
        rows, _, decimals = self._memory.tallies[place].tolist()
        self._memory.tallies["rows"][place] = self._memory.tallies["decimals"][place] = 0
        numbers, kinds = self._memory.numbers(name)[:, :rows], self._memory.kinds(name)[:, :rows]
        return ScannedSpans(codes, self._columns[name], numbers, kinds, bool(decimals))


def _text(between_quotes: bytes) -> str:
    return (
        cast("str", msgspec.json.decode(b'"%b"' % between_quotes))
        if b"\\" in between_quotes
        else between_quotes.decode()
    )
