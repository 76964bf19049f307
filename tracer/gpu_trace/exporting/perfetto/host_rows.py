"""Threads of the host: calls, operators and annotations on the thread's own row, NVTX ranges below it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING, RangeKind, Windows
from gpu_trace_analyzers.readers.finishing.recording_windows import states_no_more
from gpu_trace_analyzers.vocabulary.perfetto import OVERHEADS, Argument, Category

from ...lanes import lanes
from ..timeline.identities import keys
from ..timeline.thread_rows import thread_rows
from .arguments import Arguments
from .columns import Picked, alike
from .names import annotation, category
from .slices import Annotation, Slices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64, Ranges, Trace

    from ..timeline.identities import HostPlaces
    from .names import Names
    from .tracks import Tracks


class HostRows:
    """The host's side of a trace. ``flow`` says of each row of ``trace.calls`` whose arrow goes through it, if any."""

    def __init__(self, trace: Trace, places: HostPlaces, names: Names, flow: NDArray[np.integer]) -> None:
        self._trace = trace
        self._places = places
        self._names = names
        self._arguments = Arguments(trace, names, places.pids)
        self._flow = flow
        self.processes: list[int] = []
        """the tracks of the processes, once the slices were made"""

    def slices(self, tracks: Tracks) -> Iterator[Slices]:
        """Threads, NVTX ranges, and what the profiler itself took."""
        processes = self.processes = [
            tracks.process(pid, self._places.process_label(position), process.host, position)
            for position, (pid, process) in enumerate(zip(self._places.pids, self._trace.processes, strict=True))
        ]
        threads = {
            key: tracks.thread(self._places.pids[key[0]], tid, self._places.names[key], rank)
            for rank, (key, tid) in enumerate(self._places.tids.items())
        }
        ranges = self._trace.ranges[self._trace.ranges.process != MISSING]
        ranges = ranges[np.lexsort((-ranges.end_ns, ranges.start_ns))]
        nvtx = ranges.kind == RangeKind.NVTX
        yield self._on_threads(tracks, threads, ranges[~nvtx])
        yield self._nvtx(tracks, threads | {(p, MISSING): uuid for p, uuid in enumerate(processes)}, ranges[nvtx])
        yield self._overheads(tracks, processes)
        yield self._windows(tracks, processes)

    def _on_threads(self, tracks: Tracks, threads: dict[tuple[int, int], int], ranges: Ranges) -> Slices:
        rows = thread_rows(self._trace, ranges)
        categories = [category(name) for name in (Category.CALL, Category.OPERATOR, Category.ANNOTATION)]
        of_category = Picked(np.repeat(np.array(categories, np.int8), rows.lengths), rows.order)
        calls, operators, annotations = rows.lengths
        notes = [
            replace(note, values=Picked(_among(note.values[:], before, after), rows.order))
            for table, before, after in (
                (self._trace.calls, 0, operators + annotations),
                (self._trace.operators, calls, annotations),
            )
            for note in self._arguments.of(table)
        ]
        flow = Picked(_among(self._flow, 0, operators + annotations), rows.order)
        distinct, which = keys(rows.process, rows.thread)
        lane = lanes(rows.start_ns, rows.end_ns, which)
        track = _tracks(tracks, which, lane, [threads[key] for key in distinct], "Overlapping")
        return Slices(rows.start_ns, rows.end_ns, rows.name, track, of_category, tuple(notes), flow)

    def _nvtx(self, tracks: Tracks, parents: dict[tuple[int, int], int], ranges: Ranges) -> Slices:
        """Below the track of each range's thread, or of its process."""
        owner, which_owner = keys(ranges.process, ranges.thread)
        pairs, which = keys(which_owner, ranges.domain)
        lane = lanes(ranges.start_ns, ranges.end_ns, which)
        track = np.zeros(len(ranges), np.int32)
        for number, (thread, domain) in enumerate(pairs):
            own = np.flatnonzero(which == number)
            title = f"NVTX {self._trace.text(domain)}".strip()
            uuids = [tracks.slices(title, parents[owner[thread]]) for _ in range(int(lane[own].max()) + 1)]
            track[own] = np.array(uuids)[lane[own]]
        of_category = alike(category(Category.NVTX), len(ranges))
        return Slices(ranges.start_ns, ranges.end_ns, ranges.name, track, of_category, tuple(self._nvtx_notes(ranges)))

    def _nvtx_notes(self, ranges: Ranges) -> Iterator[Annotation]:
        yield from self._arguments.of(ranges)
        distinct, which = np.unique(ranges.color, return_inverse=True)
        # As style sheets write it; the viewer picks colors of its own.
        texts = [f"#{color & 0xFFFFFF:06x}" if color >= 0 else "" for color in distinct.tolist()]
        codes = np.array([self._names.own(text) if text else MISSING for text in texts], np.int32)
        yield Annotation(annotation(Argument.COLOR), codes[which.reshape(-1)], is_text=True)

    def _overheads(self, tracks: Tracks, processes: list[int]) -> Slices:
        rows = self._trace.overheads[self._trace.overheads.process != MISSING]
        distinct, which = np.unique(rows.process, return_inverse=True)
        lane = lanes(rows.start_ns, rows.end_ns, which)
        titles = [processes[position] for position in distinct.tolist()]
        track = _tracks(tracks, which, lane, [0] * len(titles), OVERHEADS, titles)
        return Slices(rows.start_ns, rows.end_ns, rows.name, track, alike(category(Category.OVERHEAD), len(rows)))

    def _windows(self, tracks: Tracks, processes: list[int]) -> Slices:
        """When each process was recorded, where that is not simply from the first row of the trace to the last."""
        rows = self._trace.windows
        if states_no_more(self._trace):
            rows = Windows.empty()
        distinct, which = np.unique(rows.process, return_inverse=True)
        titles = [processes[position] for position in distinct.tolist()]
        track = _tracks(tracks, which, np.zeros_like(which), [0] * len(titles), "Recording", titles)
        name = alike(self._names.own("recording"), len(rows))
        return Slices(rows.start_ns, rows.end_ns, name, track, alike(category(Category.RECORDING), len(rows)))


def _among(values: NDArray[np.integer], before: int, after: int) -> NDArray[np.integer]:
    """The values of some rows, with so many others around them that have none."""
    return np.pad(values, (before, after), constant_values=MISSING)


def _tracks(
    tracks: Tracks, which: Int64, lane: Int64, first: list[int], title: str, parents: list[int] | None = None
) -> NDArray[np.int32]:
    """For each row its track: on lane 0 that of its owner, on others a new one under it, of that title.

    Where an owner has no track of its own (0), lane 0 is a new one as well, under its parent.
    """
    pairs, index = keys(which, lane)
    uuids = []
    for owner, number in pairs:
        own = first[owner] if number == 0 else 0
        uuids.append(own or tracks.slices(title, parents[owner] if parents else first[owner]))
    return np.array(uuids, np.int32)[index]
