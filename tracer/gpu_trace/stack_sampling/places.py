"""Makes frames of sampled calls: a function, its file and a line, called from another such frame.

Calls at several instructions of one line are one frame. Frames of gpu-trace in the script's process, and what those
call, are no frames of the script: a sample in them is one of the frame that called them.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers.base.frames import FrameTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpu_trace_analyzers.model import Frames, Int64

    from .records import Code, SampledProcess


def frames_of(sampled: SampledProcess, own: Path, folder: Path, code_of: Callable[[str], int]) -> tuple[Frames, Int64]:
    """All frames, and by the number of each call, from 1, the position of its frame.

    That is `MISSING` at 0, and for threads that gpu-trace began itself.
    ``own`` is the folder of gpu-trace's code in the process, relative names of files are those in ``folder``, and
    ``code_of`` gives texts their codes.
    """
    table = FrameTable()
    codes = {number: _Place(code, folder, code_of) for number, code in sampled.codes.items()}
    own_codes = {number for number, place in codes.items() if Path(place.file).is_relative_to(own)}
    shims = {number for number, code in sampled.codes.items() if _is_shim(code)}
    last = int(sampled.calls["number"].max(initial=0))
    position, hidden = [MISSING] * (last + 1), set()
    for number, caller, code, offset in sampled.calls.tolist():
        position[number] = position[caller]
        if caller in hidden or code in own_codes:
            hidden.add(number)
        elif code not in shims:
            place = codes[code]
            position[number] = table.position(position[caller], place.function, place.file_code, place.line(offset))
    return table.rows(), np.array(position, dtype=np.int64)


def _is_shim(code: Code) -> bool:
    """Whether CPython 3.13 puts it between a class and its ``__init__``: it belongs to no file."""
    return (code.function, code.file, code.lines) == ("__init__", "__init__", b"\xfb")


class _Place:
    """A code object, with the codes of its texts and the lines of its instructions."""

    def __init__(self, code: Code, folder: Path, code_of: Callable[[str], int]) -> None:
        self._code = code
        self.file = _absolute(code.file, folder)
        self.function, self.file_code = code_of(code.function), code_of(self.file)

    @cached_property
    def _starts(self) -> tuple[list[int], list[int]]:
        """The offsets at which a line begins, in order, and the lines."""
        # This Python decodes the table; the script's made it, and is the same one.
        bare = (lambda: None).__code__.replace(co_linetable=self._code.lines, co_firstlineno=self._code.first_line)
        starts = [(start, line or MISSING) for start, _, line in bare.co_lines()]
        return [start for start, _ in starts], [line for _, line in starts]

    def line(self, offset: int) -> int:
        """That of the instruction at this offset; `MISSING` where it has none."""
        if offset < 0:
            return self._code.first_line
        starts, lines = self._starts
        at = bisect_right(starts, offset) - 1
        return lines[at] if at >= 0 else MISSING


def _absolute(file: str, folder: Path) -> str:
    """The whole name of a file; what names none, as ``<string>``, stays."""
    if file.startswith(("<", "/")):
        return file
    path = folder / file
    try:
        return str(path) if path.exists() else file
    except (OSError, ValueError):  # too long, or with a NUL
        return file
