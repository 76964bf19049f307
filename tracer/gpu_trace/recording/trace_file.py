"""Writes ``trace.json.gz``: what the sessions of a process left, joined, with the NVTX ranges added."""

from __future__ import annotations

import gzip
from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from .kineto_places import placed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from .kineto_text import KinetoText

    Row = Mapping[str, Any] | msgspec.Raw
    """an event, or its text"""

_LEVEL = 1
"""of gzip: 5 times as fast as the default, and the file is a fifth larger"""


def write(
    path: Path,
    head: bytes,
    parts: Sequence[KinetoText],
    rows: Iterable[Row],
) -> None:
    """Write the trace, whole or not at all; ``head`` is what stands in front of its events, ``rows`` are added."""
    unfinished = path.with_name(path.name + ".part")
    with _compressed(unfinished) as file:
        file.write(head)
        for piece in _events(parts, rows):
            file.write(piece)
    unfinished.replace(path)


def _compressed(path: Path) -> Any:
    """A gzip file to write; isal, where it is installed, is several times as fast."""
    try:
        from isal import igzip
    except ImportError:
        return gzip.open(path, "wb", compresslevel=_LEVEL)
    return igzip.open(path, "wb", compresslevel=_LEVEL)  # type: ignore[no-untyped-call]  # isal has no types


def _events(parts: Sequence[KinetoText], rows: Iterable[Row]) -> Iterator[bytes | memoryview]:
    yield b'"traceEvents": [\n'
    separator = b""
    texts, names = placed([part.events for part in parts])
    for part, pieces in zip(parts, texts, strict=True):
        if part.events:
            yield separator
            yield from pieces
            separator = b",\n"
    for row in chain(names, rows):
        yield separator + msgspec.json.encode(row)
        separator = b",\n"
    yield b"\n]}\n"
