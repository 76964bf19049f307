"""The files that ``activities.c`` leaves, as columns.

For its recording N a process with the id P writes ``cupti-P-N.records`` and ``cupti-P-N.names``:

- records of 88 bytes (`RECORD`) follow one another in the order in which CUPTI gave them, which is that of neither
  their starts nor their ends. What the last 32 bytes hold depends on the kind.
- names: uint32 number, uint32 length, then as many bytes of UTF-8. Those of kernels are demangled; those of calls end
  in the version of CUDA that brought them: ``cudaLaunchKernel_v7000``. Numbers from 2^31 are 2^31 plus the id of a
  thread that made a call, and the text is what Linux calls that thread.

Both files are read as far as they are whole: the process may have been killed at any moment.
"""

from __future__ import annotations

import mmap
import re
import struct
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from ..boot.contract import NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_PLACES = {
    "start_ns": ("<i8", 0),
    "end_ns": ("<i8", 8),
    "kind": ("<u4", 16),
    "correlation": ("<u4", 20),
    "device": ("<u4", 24),
    "context": ("<u4", 28),
    "stream": ("<u4", 32),
    "name": ("<u4", 36),
    "graph": ("<u4", 40),
    "graph_node": ("<u8", 48),
    # of a kernel
    "launch": ("V32", 56),
    # of a copy, and of a memset
    "bytes": ("<u8", 56),
    "copy_kind": ("u1", 64),
    "source": ("u1", 65),
    "target": ("u1", 66),
    "from_device": ("<u4", 68),
    "to_device": ("<u4", 72),
    # of a call
    "thread": ("<u4", 56),
    "returned": ("<u4", 60),
    # of a synchronization, an overhead, and a CUDA event
    "type": ("<u4", 56),
    "event": ("<u4", 60),
}
RECORD = np.dtype(
    {
        "names": list(_PLACES),
        "formats": [format_ for format_, _ in _PLACES.values()],
        "offsets": [offset for _, offset in _PLACES.values()],
        "itemsize": 88,
    }
)
"""One record, as the struct of the same name in ``activities.c``. Times are in ns since 1970."""
LAUNCH = struct.Struct("<6iII")
"""grid and block (x, y, z), registers of a thread, bytes of shared memory: the field ``launch``"""
NO_STREAM = 0xFFFFFFFF
"""CUPTI_SYNCHRONIZATION_INVALID_VALUE: what does not concern one stream"""
_EARLIEST_NS = 946_684_800 * 10**9
"""The year 2000. What is earlier has no time, or one of Kineto's clock, which counts ticks since the machine started:
a call that CUPTI noted between Kineto's start and gpu-trace's."""
_OF_A_THREAD = 1 << 31
_NAME_HEAD = struct.Struct("<II")
_VERSION = re.compile(r"(_ptsz|_ptds|_v\d+)*$")


class ActivityKind(IntEnum):
    """CUpti_ActivityKind."""

    MEMCPY = 1
    MEMSET = 2
    DRIVER = 4
    RUNTIME = 5
    CONCURRENT_KERNEL = 10
    OVERHEAD = 17
    MEMCPY2 = 22
    CUDA_EVENT = 36
    SYNCHRONIZATION = 38


@dataclass(frozen=True, slots=True, eq=False)
class RecordedActivities:
    """What one recording left.

    ``records`` is (n,) `RECORD`, ``names`` the texts of their field ``name``, ``threads`` what Linux calls the threads
    that made calls, by their ids. ``file`` is what the records lie in, if that is not memory.
    """

    records: NDArray[np.void]
    names: dict[int, str]
    threads: dict[int, str] = field(default_factory=dict)
    file: mmap.mmap | None = None

    def leave(self) -> None:
        """Take no memory for the records until they are read again: as it is, all that were read stay in it."""
        if self.file is not None:
            self.file.madvise(mmap.MADV_DONTNEED)

    def of(self, *kinds: ActivityKind) -> NDArray[np.void]:
        """The records of some kinds in the order of their starts; what has no times on our clock is left out."""
        return self.at(self.rows_of(*kinds))

    def at(self, rows: NDArray[np.integer]) -> NDArray[np.void]:
        """The records at these positions."""
        kind = self.records.dtype
        whole = self.records.view(f"V{kind.itemsize}")  # else NumPy copies field by field, in six times the time
        taken: NDArray[np.void] = whole[rows].view(kind)
        return taken

    def rows_of(self, *kinds: ActivityKind) -> NDArray[np.int64]:
        """Where those records are: (n,) int64."""
        return next(self.rows_of_each([kinds]))

    def rows_of_each(self, groups: Iterable[Collection[ActivityKind]]) -> Iterator[NDArray[np.int64]]:
        """The same for several groups of kinds."""
        # Copied once: a field of a record lies 88 bytes behind that of the one before.
        kind, start_ns, end_ns = (np.ascontiguousarray(self.records[name]) for name in ("kind", "start_ns", "end_ns"))
        kind = np.where((start_ns >= _EARLIEST_NS) & (end_ns >= start_ns), kind, 0)
        for kinds in groups:
            rows = np.flatnonzero(np.any([kind == one for one in kinds], axis=0))
            yield rows[np.argsort(start_ns[rows], kind="stable")]

    def count(self, *kinds: ActivityKind) -> int:
        """How many records there are of some kinds, timed or not."""
        return int(np.isin(self.records["kind"], kinds).sum())

    @property
    def began_ns(self) -> int:
        """The first time in it; 0 where it has none."""
        starts_ns = self.records["start_ns"]
        return int(starts_ns[starts_ns >= _EARLIEST_NS].min(initial=starts_ns.max()))

    @property
    def extent_ns(self) -> tuple[int, int] | None:
        """From the first time in it to the last; None where it has none."""
        records = self.records
        timed = (records["start_ns"] >= _EARLIEST_NS) & (records["end_ns"] >= records["start_ns"])
        if not timed.any():
            return None
        return int(records["start_ns"][timed].min()), int(records["end_ns"][timed].max())

    @property
    def events(self) -> NDArray[np.void]:
        """Where CUDA events were recorded, in the order of the calls; these have no times."""
        records: NDArray[np.void] = self.records[self.records["kind"] == ActivityKind.CUDA_EVENT]
        return records[np.argsort(records["correlation"], kind="stable")]

    def call_name(self, number: int) -> str:
        """What a call is called in the documentation of CUDA."""
        return _VERSION.sub("", self.names.get(number, ""))


def read(path: Path) -> RecordedActivities | None:
    """What a recording left; None where that is nothing. ``path`` ends in ``.records``."""
    try:
        with path.open("rb") as file:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # ValueError: an empty file cannot be mapped
        return None
    whole = len(data) // RECORD.itemsize
    records = np.frombuffer(data, RECORD, whole)
    if not whole:
        return None
    names = _names(path.with_suffix(NAMES))
    threads = {number - _OF_A_THREAD: names.pop(number) for number in list(names) if number >= _OF_A_THREAD}
    return RecordedActivities(records, names, threads, data)


def _names(path: Path) -> dict[int, str]:
    try:
        data = path.read_bytes()
    except OSError:
        return {}
    names, at = {}, 0
    while at + _NAME_HEAD.size <= len(data):
        number, length = _NAME_HEAD.unpack_from(data, at)
        at += _NAME_HEAD.size + length
        if at <= len(data):
            names[number] = data[at - length : at].decode("utf-8", "replace")
    return names
