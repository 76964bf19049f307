"""The formats that can be read: one line each, and those that other distributions add.

A reader is a module (or any object) with

    NAME                                       as in ``Trace.source.format``
    recognizes(file: TraceFile) -> bool        by content; quick, and without raising
    read(file: TraceFile, rules: EngineRules, operators: bool) -> Trace

Another distribution adds one by an entry point of the group ``gpu_trace.readers``; those are asked when no reader here
knows the file by marks of its own.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..engines import EngineRules
    from ..model import Trace
    from .base.tracefile import TraceFile

GROUP = "gpu_trace.readers"

READERS = ("nsys", "kineto", "mxnet", "xla", "pftrace")
"""Modules beside this one that know their format by marks of its own; asked in this order.

Kineto comes before those that are known by names of processes, for its users name ranges as they like."""

LAST_RESORT = "chrome_json"
"""Takes what looks like a trace of Chrome's format, when nothing else does."""


class Reader(Protocol):
    """What a reader has; see above."""

    NAME: str

    def recognizes(self, file: TraceFile) -> bool: ...

    def read(self, file: TraceFile, rules: EngineRules, operators: bool) -> Trace: ...


def readers() -> Iterator[Reader]:
    """All readers, each imported when it is its turn."""
    for name in READERS:
        yield cast("Reader", import_module(f".{name}", __package__))
    yield from _of_other_distributions()
    yield cast("Reader", import_module(f".{LAST_RESORT}", __package__))


@cache
def _of_other_distributions() -> tuple[Reader, ...]:
    from importlib.metadata import entry_points  # slow to import, and seldom needed

    return tuple(cast("Reader", entry.load()) for entry in entry_points(group=GROUP))


def reader_for(file: TraceFile) -> Reader | None:
    """The first reader that recognizes a file."""
    return next((reader for reader in readers() if reader.recognizes(file)), None)
