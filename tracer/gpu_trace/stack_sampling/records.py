"""The files of the stack sampler; what the C sources write is described here.

``stacks-PID-codes`` has a `CODE` for each code object, with its texts behind it: qualified name and file as CPython
stores them (1, 2 or 4 bytes a character), and the table of lines. ``stacks-PID-calls`` has a `CALL` for each frame of a
stack, which names the frame that called it and its code by their numbers. A frame's number is above its caller's.
``stacks-PID-rows`` has a `ROW` for each sample. All are read as far as they are whole: the disk may have been full.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

CODE = struct.Struct("<IiIIIII")
"""number from 1; first line; of the name, and of the file, bytes a character and bytes; bytes of the table of lines"""
CALL = np.dtype([("number", "<u4"), ("caller", "<u4"), ("code", "<u4"), ("offset", "<i4")])
"""``caller`` is 0 for the outermost; ``offset`` is that of the instruction, in bytes, -1 before the first"""
ROW = np.dtype(
    [
        ("start_ns", "<i8"),
        ("end_ns", "<i8"),
        ("thread", "<u4"),
        ("stack", "<u4"),
        ("state", "<u4"),
        ("unused", "<u4"),
    ]
)
"""Times in ns since 1970; ``stack`` is the innermost frame's number, ``state`` a `ThreadState`."""
_ENCODINGS = {1: "latin-1", 2: "utf-16-le", 4: "utf-32-le"}


@dataclass(frozen=True, slots=True)
class Code:
    """A code object."""

    function: str
    file: str
    first_line: int
    lines: bytes
    """``co_linetable``"""


@dataclass(frozen=True, slots=True)
class SampledProcess:
    """What was sampled of one process: calls in the order of their numbers, and codes by theirs.

    Only what is known to the outermost caller.
    """

    rows: NDArray[Any]
    calls: NDArray[Any]
    codes: dict[int, Code]


def has(raw: Path, pid: int) -> bool:
    """Whether the sampler met this process."""
    return (raw / f"stacks-{pid}-rows").exists()


def read(raw: Path, pid: int) -> SampledProcess | None:
    """What was sampled of a process; None for nothing."""
    try:
        codes = dict(_codes((raw / f"stacks-{pid}-codes").read_bytes()))
        calls, rows = _whole(raw / f"stacks-{pid}-calls", CALL), _whole(raw / f"stacks-{pid}-rows", ROW)
    except OSError:
        return None
    calls = _known(np.sort(calls, order="number"), codes)
    return SampledProcess(rows[np.isin(rows["stack"], calls["number"])], calls, codes)


def _known(calls: NDArray[Any], codes: dict[int, Code]) -> NDArray[Any]:
    """Those of a known code, and called from known ones."""
    found = {0}
    for number, caller, code, _ in calls.tolist():
        if caller in found and code in codes:
            found.add(number)
    return calls[np.isin(calls["number"], list(found))]


def _whole(path: Path, kind: np.dtype[Any]) -> NDArray[Any]:
    data = path.read_bytes()
    return np.frombuffer(data[: len(data) // kind.itemsize * kind.itemsize], kind)


def _codes(data: bytes) -> Iterator[tuple[int, Code]]:
    at = 0
    while at + CODE.size <= len(data):
        number, first_line, name_kind, name_bytes, file_kind, file_bytes, table_bytes = CODE.unpack_from(data, at)
        at += CODE.size
        name, file, table = _cut(data, at, (name_bytes, file_bytes, table_bytes))
        at += name_bytes + file_bytes + table_bytes
        # Of a process that goes on running anything may be read. Only code objects have frames.
        if at <= len(data) and {name_kind, file_kind} <= _ENCODINGS.keys():
            yield number, Code(_text(name, name_kind), _text(file, file_kind), first_line, table)


def _cut(data: bytes, at: int, sizes: tuple[int, ...]) -> Iterator[bytes]:
    for size in sizes:
        yield data[at : at + size]
        at += size


def _text(data: bytes, kind: int) -> str:
    return data.decode(_ENCODINGS[kind], "replace")
