"""Files of the stack sampler, written by hand."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import CodeType


def code(function: str, file: str, first_line: int, lines: bytes) -> bytes:
    """One record of ``stacks-PID-codes`` without its number, its texts of one byte a character."""
    name, path = function.encode("latin-1"), file.encode("latin-1")
    return struct.pack("<iIIIII", first_line, 1, len(name), 1, len(path), len(lines)) + name + path + lines


def code_of(compiled: CodeType) -> bytes:
    """That of a code object of this Python."""
    return code(compiled.co_name, compiled.co_filename, compiled.co_firstlineno, compiled.co_linetable)


def write(
    raw: Path,
    pid: int,
    codes: Iterable[bytes],
    calls: Iterable[tuple[int, int, int]],
    rows: Iterable[tuple[int, int, int, int, int]],
) -> None:
    """``calls`` are (caller, code, offset), ``rows`` (start, end, thread, stack, state); all are numbered from 1."""
    numbered = (struct.pack("<I", number) + each for number, each in enumerate(codes, 1))
    (raw / f"stacks-{pid}-codes").write_bytes(b"".join(numbered))
    numbered = (struct.pack("<IIIi", number, *call) for number, call in enumerate(calls, 1))
    (raw / f"stacks-{pid}-calls").write_bytes(b"".join(numbered))
    (raw / f"stacks-{pid}-rows").write_bytes(b"".join(struct.pack("<qqIIII", *row, 0) for row in rows))
