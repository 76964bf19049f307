"""A trace as native Perfetto protobuf.

The work of GPUs comes twice: as render stages, in the viewer's own rows for GPUs, a row a stream; and on a lane an
engine, under a group a device, with arrows from the calls that launched it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING, SyncKind
from gpu_trace_analyzers.questions.overlap import active_devices
from gpu_trace_analyzers.vocabulary.perfetto import (
    ACCOUNT,
    ARGUMENTS,
    CATEGORIES,
    DOUBTS,
    FINDINGS,
    SYNCHRONIZATION,
    SYNCS,
    Argument,
    Category,
)

from ...lanes import lanes_of_track
from ..output import create
from ..timeline.added import Added
from ..timeline.counters import counters
from ..timeline.identities import HostPlaces
from ..timeline.moved import earliest_ns, shifted
from ..timeline.recorded import recorded_counters
from ..timeline.titles import ACCOUNT_RANK, FINDINGS_RANK, lane_title
from . import packets
from .account import account_slices
from .arguments import Arguments
from .columns import alike
from .counter_tracks import CounterTracks
from .engine_lanes import EngineLanes
from .flows import flows
from .host_rows import HostRows
from .names import Names, annotation, category
from .predicted import Prediction
from .render_stages import RenderStages
from .slices import Annotation, Slices, slice_packets
from .stacks import stack_packets
from .tracks import Tracks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from os import PathLike

    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.questions.scope import Scope
    from gpu_trace_analyzers.whatif.answer import WhatIf

    from ..timeline.findings import Finding

_DOUBTS_RANK, _SYNCS_RANK = 0, 39


_NO_DATE_NS = 1 << 63
"""ns since 1970 that stand for no date: a clock has no sign, and viewers read 63 bits of it"""


def export(
    analysis: Analysis,
    path: str | PathLike[str],
    findings: Iterable[Finding] | None = None,
    what_if: WhatIf | None = None,
) -> None:
    """As `export_perfetto`."""
    with create(path) as file:
        for data in perfetto_packets(analysis, findings, what_if):
            file.write(data)


def perfetto_packets(
    analysis: Analysis, findings: Iterable[Finding] | None = None, what_if: WhatIf | None = None
) -> Iterator[bytes]:
    """The whole trace, in pieces of any number of packets."""
    size = 0
    for data in _all_but_the_last(analysis, findings, what_if):
        size += len(data)
        yield data
    yield packets.last_packet(size)


def _all_but_the_last(
    analysis: Analysis, findings: Iterable[Finding] | None, what_if: WhatIf | None
) -> Iterator[bytes]:
    by_ns = max(0, -earliest_ns(analysis.trace))  # Perfetto's times have no sign
    scope = shifted(analysis.scope, by_ns)
    trace = scope.trace
    added, predicted = Added.to(analysis, findings, by_ns), Prediction.of(what_if, by_ns)
    clock = packets.OwnClock(_first_ns(trace, added, predicted))
    places, names, tracks = HostPlaces(trace), Names(trace), Tracks()
    yield from _heads(trace, clock)
    yield from RenderStages(trace, places, clock).packets()
    slices = _Slices(scope, names, tracks, added, predicted)
    everything = [part for part in slices.all(places) if len(part)]
    counters_of = CounterTracks(tracks, clock)
    counted = [each for device, group in slices.groups.items() for each in _derived(trace, device, counters_of, group)]
    recorded = [*_recorded(trace, places, tracks, slices, counters_of)]
    yield from tracks.packets
    yield from names.event_names([part.name for part in everything])
    yield from names.texts(note.values for part in everything for note in part.annotations if note.is_text)
    yield packets.slices_to_come(_counts(everything))
    while everything:  # each part is freed when it is written
        yield from slice_packets(everything.pop(0), clock)
    yield from chain.from_iterable(counted)
    yield from recorded
    yield from stack_packets(trace, places)


def _heads(trace: Trace, clock: packets.OwnClock) -> Iterator[bytes]:
    """What all other packets build on: clocks, and the names of categories and arguments."""
    yield packets.first_packet()
    yield clock.packet()
    if trace.epoch_ns is not None and len(trace.work):
        at_ns = int(trace.work.start_ns[0])
        if 0 <= at_ns + trace.epoch_ns < _NO_DATE_NS:
            yield packets.clocks(at_ns, at_ns + trace.epoch_ns)
    yield from packets.names("event_categories", CATEGORIES)
    yield from packets.names("debug_annotation_names", ARGUMENTS)


def _first_ns(trace: Trace, added: Added, predicted: Prediction | None) -> int:
    """The first instant of all that is shown."""
    begins = [finding.start_ns for finding in added.findings]
    begins += [int(account.start_ns[0]) for account in added.accounts if len(account.start_ns)]
    return min([earliest_ns(trace), *begins, *([predicted.first_ns] if predicted else [])])


class _Slices:
    """All slices of a trace, with their tracks."""

    def __init__(self, scope: Scope, names: Names, tracks: Tracks, added: Added, predicted: Prediction | None) -> None:
        self._scope, self._trace = scope, scope.trace
        self._names = names
        self._tracks = tracks
        self._added = added
        self._predicted = predicted
        self.groups: dict[int, int] = {}
        self.processes: list[int] = []

    def all(self, places: HostPlaces) -> Iterator[Slices]:
        """Of the devices, then of the host."""
        of_work, of_calls = flows(self._trace)
        active = active_devices(self._trace)
        for device in sorted({*active, *(doubt.device for doubt in self._trace.source.doubts)}):
            label = self._trace.devices[device].label
            group = self._tracks.group(label, device)
            yield self._doubts(device, group)
            if device not in active:  # all of its work was set aside
                continue
            self.groups[device] = group
            yield self._notes(device, group)
            lanes_of_engines = EngineLanes(self._scope, device, self._names, places.pids, of_work)
            yield from lanes_of_engines.slices(self._tracks, group)
            yield self._syncs(device, group, places)
            if self._predicted:
                yield from self._predictions(self._predicted, device, group)
        host = HostRows(self._trace, places, self._names, of_calls)
        yield from host.slices(self._tracks)
        self.processes = host.processes
        for device, group in self.groups.items():  # last: a file that is cut off loses these first, and no record
            yield from self._account(device, group)

    def _doubts(self, device: int, group: int) -> Slices:
        """Why the figures of the device are in doubt, along all of its work."""
        found = [doubt for doubt in self._trace.source.doubts if doubt.device == device]
        work = self._trace.work_of(device)
        first_ns = earliest_ns(self._trace)
        start_ns, end_ns = (int(work.start_ns.min()), int(work.end_ns.max())) if len(work) else (first_ns, first_ns)
        name = self._names.each(doubt.reason for doubt in found)
        operations = np.array([doubt.operations for doubt in found], dtype=np.int64)
        number = Annotation(annotation(Argument.OPERATIONS), operations)
        start, end = np.full(len(found), start_ns), np.full(len(found), end_ns)
        title = lane_title(self._trace, device, DOUBTS)
        return self._laned(title, group, _DOUBTS_RANK, Slices(start, end, name, name, name, (number,)), Category.DOUBT)

    def _notes(self, device: int, group: int) -> Slices:
        found = self._added.findings_on(device)
        start_ns = np.array([finding.start_ns for finding in found], dtype=np.int64)
        end_ns = np.array([finding.end_ns for finding in found], dtype=np.int64)
        name = self._names.each(finding.title for finding in found)
        text = Annotation(annotation(Argument.WHAT), self._names.each(finding.text for finding in found), is_text=True)
        return self._laned(
            lane_title(self._trace, device, FINDINGS),
            group,
            FINDINGS_RANK,
            Slices(start_ns, end_ns, name, name, name, (text,)),
            Category.FINDING,
        )

    def _account(self, device: int, group: int) -> Iterator[Slices]:
        account = self._added.account_of(device)
        if account:
            track = self._tracks.slices(lane_title(self._trace, device, ACCOUNT), group, ACCOUNT_RANK)
            yield account_slices(account, self._names, track)

    def _syncs(self, device: int, group: int, places: HostPlaces) -> Slices:
        rows = self._trace.syncs[self._trace.syncs.device == device]
        name = self._names.each(SYNCS[kind] for kind in SyncKind)[rows.kind]
        arguments = Arguments(self._trace, self._names, places.pids)
        notes = (*arguments.of(rows), *arguments.process(rows))
        slices = Slices(rows.start_ns, rows.end_ns, name, name, name, notes)
        title = lane_title(self._trace, device, SYNCHRONIZATION)
        return self._laned(title, group, _SYNCS_RANK, slices, Category.SYNC)

    def _predictions(self, predicted: Prediction, device: int, group: int) -> Iterator[Slices]:
        for title, rank, slices in predicted.slices(self._trace, device):
            yield self._laned(lane_title(self._trace, device, title), group, rank, slices, Category.PREDICTION)

    def _laned(self, title: str, group: int, rank: int, slices: Slices, of_category: str) -> Slices:
        """The slices on as many tracks of that title as they need."""
        lane = lanes_of_track(slices.start_ns[:], slices.end_ns[:])
        count = int(lane.max()) + 1 if len(slices) else 0
        uuids = np.array([self._tracks.slices(title, group, rank) for _ in range(count)], dtype=np.int64)
        return replace(slices, track=uuids[lane], category=alike(category(of_category), len(slices)))


def _counts(everything: Iterable[Slices]) -> dict[int, int]:
    """How many slices each track has."""
    counts = Counter[int]()
    for part in everything:
        numbers = np.bincount(part.track[:])
        counts.update({track: int(numbers[track]) for track in np.flatnonzero(numbers).tolist()})
    return dict(counts)


def _recorded(
    trace: Trace, places: HostPlaces, tracks: Tracks, slices: _Slices, counters_of: CounterTracks
) -> Iterator[bytes]:
    """The counters that were recorded, each under its device or its process."""
    groups = dict(slices.groups)
    for counter in recorded_counters(trace, places):
        title, parent, pid = counter.name, slices.processes[counter.process], None
        if counter.device != MISSING:
            if counter.device not in groups:  # it did nothing
                groups[counter.device] = tracks.group(trace.devices[counter.device].label, counter.device)
            title, parent = lane_title(trace, counter.device, counter.name), groups[counter.device]
            pid = places.pids[counter.process] if len(places.pids) > 1 else None
        yield from counters_of.recorded(counter, parent, title, pid)


def _derived(trace: Trace, device: int, counters_of: CounterTracks, group: int) -> Iterator[Iterator[bytes]]:
    for counter in counters(trace, device):
        yield counters_of.derived(counter, group, lane_title(trace, device, counter.title))
