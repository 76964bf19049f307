"""The long garbage collections of a process, as ranges of a lane of their own in its trace."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.vocabulary.kineto import OF_THE_PROCESS, Argument, Category
from gpu_trace_analyzers.vocabulary.own_ranges import DOMAIN, GARBAGE_COLLECTION

from ..boot.contract import COLLECTION, garbage_file
from ..nvtx_recording.kineto_rows import FIRST_LANE, metadata, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COLLECTION = struct.Struct(COLLECTION)
_LANE = FIRST_LANE - 1
"""between the ids of threads and the lanes of NVTX"""


@dataclass(frozen=True, slots=True)
class Collection:
    """One of them, in ns since 1970. ``thread`` is the id of the thread that collected."""

    start_ns: int
    end_ns: int
    thread: int


def read(raw: Path, pid: int) -> list[Collection]:
    """Those of a process, in order; none where it had none."""
    try:
        data = (raw / garbage_file(pid)).read_bytes()
    except OSError:
        return []
    whole = len(data) // _COLLECTION.size * _COLLECTION.size
    found = (Collection(*fields) for fields in _COLLECTION.iter_unpack(data[:whole]))
    return [each for each in found if each.end_ns > each.start_ns]  # the clock of the day can be set back


def chrome_rows(pid: int, collections: list[Collection], base_ns: int) -> Iterator[dict[str, Any]]:
    """Rows of NVTX ranges whose times count from ``base_ns`` (since 1970), and the name of their lane."""
    for each in collections:
        args = {Argument.THREAD: each.thread, Argument.SCOPE: OF_THE_PROCESS, Argument.DOMAIN: DOMAIN}
        yield {
            "ph": "X",
            "cat": Category.NVTX,
            "name": GARBAGE_COLLECTION,
            "pid": pid,
            "tid": _LANE,
            "ts": microseconds(each.start_ns - base_ns),
            "dur": microseconds(each.end_ns - each.start_ns),
            "args": args,
        }
    if collections:
        yield metadata("thread_name", pid, _LANE, {"name": f"NVTX ({DOMAIN})"})
        yield metadata("thread_sort_index", pid, _LANE, {"sort_index": 0})
