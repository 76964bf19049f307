"""Does the stack sampler know this Python? It samples this process, whose stack is known."""

from __future__ import annotations

import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from threading import get_native_id
from typing import TYPE_CHECKING

from gpu_trace_analyzers.model import MISSING

from . import records
from .library import Sampler, built_sampler
from .places import frames_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    Call = tuple[str, str, int]
    """function, file and line"""

_NONE_IS_OWN = Path("/nowhere")


@cache
def sampler_knows_this_python() -> bool:
    """Whether it was built, and finds this very call: so its layout of this version of CPython is right."""
    path = built_sampler()
    if path is None:
        return False
    try:
        with tempfile.TemporaryDirectory() as name:
            Sampler(path).sample_once(Path(name), os.getpid())
            line = sys._getframe().f_lineno
            found = _sampled(Path(name))
    except OSError:  # no folder can be written, or no process read
        return False
    inside, *outside = found[1:] or [("", "", 0)]  # without the frame of sample_once
    expected = list(_calls(sys._getframe().f_back))
    return inside[1] == __file__ and abs(inside[2] - line) < _FEW_LINES and outside == expected


_FEW_LINES = 8


def _calls(frame: FrameType | None) -> Iterator[Call]:
    """Those of a frame, the innermost first."""
    while frame is not None:
        code = frame.f_code
        yield getattr(code, "co_qualname", code.co_name), code.co_filename, frame.f_lineno
        frame = frame.f_back


def _sampled(folder: Path) -> list[Call]:
    """What was sampled of this thread; nothing where that contradicts itself."""
    sampled = records.read(folder, os.getpid())
    if sampled is None:
        return []
    rows = sampled.rows[sampled.rows["thread"] == get_native_id()]
    if len(rows) != 1:
        return []
    strings: dict[str, int] = {}
    frames, position = frames_of(sampled, _NONE_IS_OWN, Path("/"), lambda text: strings.setdefault(text, len(strings)))
    texts, calls, at = list(strings), [], int(position[rows["stack"][0]])
    while at != MISSING:
        function, file, line, caller = (
            int(getattr(frames, name)[at]) for name in ("function", "file", "line", "caller")
        )
        calls.append((texts[function], texts[file], line))
        at = caller
    return calls
