"""Which line that the user can change does each sampled stack stand for?

It is that of the innermost frame of the user's own files: not of installed packages, of the standard library, or of
what is frozen or generated. In a process that ``multiprocessing`` forked, the stack begins with that of the parent.
Only what the child called counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from .once import once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..model import Int64, Trace

    Mask = NDArray[np.bool_]
    Thread = tuple[int, int]
    """position of a process, and a thread of it"""

_PACKAGES = re.compile(r"(^|/)(site|dist)-packages/|\.egg/")
_NOT_WRITTEN_BY_THE_USER = re.compile(
    r"^$|^<(?!stdin>)"  # frozen modules, code made from a string
    r"|(^|/)lib(64)?/python\d[^/]*/"  # the standard library, of any installation
    r"|(^|/)(gpu_trace/(boot|in_process|magic\.py$)|_gpu_trace_boot/)"
    r"|(^|/)torchinductor_[^/]*/"  # what torch.compile generated
)
_FORKED = ("multiprocessing/process.py", re.compile(r"(^|\.)_bootstrap$"))
_LOADER_WORKER = ("torch/utils/data/_utils/worker.py", re.compile(r"^_worker_loop$"))


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What is left of the tree of frames without the user's libraries. All columns are (frames,) int64 positions."""

    own: Int64
    """the innermost frame of the user's files among this one and those that called it; `MISSING` without one"""
    place: Int64
    """that frame; without one the innermost frame of a package, else this frame itself"""
    up: Int64
    """of a frame of the user's files, the next such frame that called it"""
    function: Int64
    """of a frame of the user's files, the first of the same function, called along the same functions by any lines"""


@once
def outline(trace: Trace) -> Outline:
    """That of the frames of a trace. Where no frame is of the user's files, those of packages stand for them."""
    frames, caller = trace.stack_frames, trace.stack_frames.caller.astype(np.int64)
    kinds = [_kind(text) for text in trace.strings]
    kind = np.array([*kinds, _GENERATED], dtype=np.int8)[frames.file]
    own = kind == (_OWN if (kind == _OWN).any() else _PACKAGE)
    forked = _of_function(trace, *_FORKED)
    innermost, package = nearest(caller, own | forked), nearest(caller, (kind == _PACKAGE) | forked)
    innermost, package = (np.where(_at(forked, found), MISSING, found) for found in (innermost, package))
    itself = np.arange(len(frames))
    place = np.where(innermost != MISSING, innermost, np.where(package != MISSING, package, itself))
    up = np.append(innermost, MISSING)[caller]
    return Outline(innermost, place, up, _functions(trace, own, up))


@once
def callers(trace: Trace) -> Int64:
    """Of each frame the one that called it in its own process, (frames,) int64; `MISSING` for the outermost."""
    return np.where(_of_function(trace, *_FORKED), MISSING, trace.stack_frames.caller.astype(np.int64))


_OWN, _PACKAGE, _GENERATED = 2, 1, 0


def _kind(file: str) -> int:
    if _PACKAGES.search(file):
        return _PACKAGE
    return _GENERATED if _NOT_WRITTEN_BY_THE_USER.search(file) else _OWN


def nearest(caller: Int64, wanted: Mask) -> Int64:
    """For each frame, the innermost of those wanted among it and those that called it, (n,) int64, or `MISSING`."""
    stop, at = np.append(wanted, True), np.arange(len(caller))
    while len(going := np.flatnonzero(~stop[at])):
        at[going] = caller[at[going]]
    return at


def _at(mask: Mask, rows: Int64) -> Mask:
    """``mask[rows]``, False where the row is `MISSING`."""
    return np.append(mask, False)[rows]


def _functions(trace: Trace, own: Mask, up: Int64) -> Int64:
    frames, first = trace.stack_frames, dict[tuple[int, int, int], int]()
    found = [MISSING] * (len(frames) + 1)
    columns: Sequence[list[int]] = [column[own].tolist() for column in (up, frames.file, frames.function)]
    for position, caller, file, function in zip(np.flatnonzero(own).tolist(), *columns, strict=True):
        found[position] = first.setdefault((found[caller], file, function), position)
    return np.array(found[:-1], dtype=np.int64)


def _of_function(trace: Trace, file: str, name: re.Pattern[str]) -> Mask:
    """Which frames are of a function of such a name in such a file."""
    files = [text.endswith(file) for text in trace.strings]
    names = [name.search(text) is not None for text in trace.strings]
    of_file, of_name = (np.array([*found, False], dtype=np.bool_) for found in (files, names))
    return np.asarray(of_file[trace.stack_frames.file] & of_name[trace.stack_frames.function])


@once
def samples_of(trace: Trace, owner: Thread) -> Int64:
    """The rows of ``Trace.samples`` of one thread, in order."""
    samples, (process, thread) = trace.samples, owner
    return np.flatnonzero((samples.process == process) & (samples.thread == thread))


def runs(joins: Mask, fewest: int) -> list[tuple[int, int]]:
    """The first and the last of each row of at least ``fewest`` that are joined: ``joins[i]`` says it of i and i + 1.

    ``fewest`` is at least 2.
    """
    edges = np.diff(np.concatenate(([0], joins.astype(np.int8), [0])))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    kept = last - first + 1 >= fewest
    return list(zip(first[kept].tolist(), last[kept].tolist(), strict=True))


@once
def loader_workers(trace: Trace) -> tuple[Thread, ...]:
    """The threads that prepare batches for PyTorch's ``DataLoader`` in other processes, as far as they were sampled."""
    inside = nearest(trace.stack_frames.caller.astype(np.int64), _of_function(trace, *_LOADER_WORKER)) != MISSING
    rows = np.flatnonzero(_at(inside, trace.samples.frame.astype(np.int64)))
    pairs = zip(trace.samples.process[rows].tolist(), trace.samples.thread[rows].tolist(), strict=True)
    return tuple(sorted({*pairs}))
