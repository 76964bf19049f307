"""Sampled stacks as Perfetto's own samples, which its UI draws below their thread and as flame graphs.

They are its ``StreamingProfilePacket``. With ``PerfSample``, viewers show a counter of the CPU clock, too, which was
never counted. Their times are whole microseconds; a field of gpu-trace's own has the exact columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.vocabulary.perfetto_fields import (
    Callstack,
    Frame,
    InternedData,
    InternedName,
    Mapping,
    Own,
    SampleColumns,
    StreamingProfilePacket,
    ThreadDescriptor,
    TracePacket,
)
from gpu_trace_analyzers.vocabulary.stacks import NO_STACK

from ..timeline.stacks import by_thread, with_callers
from .bulk import join, number
from .packets import CLEARED, NEEDS_STATE, SEQUENCE, framed
from .wire import fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpu_trace_analyzers.model import Int64, Samples, Trace

    from ..timeline.identities import HostPlaces

_SAMPLES_PER_PACKET = 1 << 14
_ROWS_PER_PACKET = 1024
_LAST_LINE = (1 << 32) - 1


def stack_packets(trace: Trace, places: HostPlaces) -> Iterator[bytes]:
    """A sequence of packets for each thread that was sampled; no time is negative.

    A sequence has names of its own, and each says what ids mean. Here an id means one thing in all of them.
    """
    tables = _Tables(trace)
    for count, ((process, thread), samples) in enumerate(by_thread(trace.samples), 1):
        sequence = SEQUENCE + count
        of = (ThreadDescriptor.PID, places.pids[process]), (ThreadDescriptor.TID, places.tids[process, thread])
        at_us, stacks = samples.start_ns // 1000, tables.stacks(samples)
        described = fields(*of, (ThreadDescriptor.REFERENCE_TIMESTAMP_US, int(at_us[0])))
        yield _packet(sequence, fields((TracePacket.THREAD_DESCRIPTOR, described)), CLEARED)
        for rows in tables.rows(samples):
            yield _packet(sequence, fields((TracePacket.INTERNED_DATA, rows)))
        deltas_us = np.diff(at_us, prepend=at_us[0])
        for first in range(0, len(samples), _SAMPLES_PER_PACKET):
            part = slice(first, first + _SAMPLES_PER_PACKET)
            yield _packet(sequence, _samples(samples[part], stacks[part], deltas_us[part]))


def _packet(sequence: int, body: bytes, flags: int = NEEDS_STATE) -> bytes:
    head = fields((TracePacket.TRUSTED_PACKET_SEQUENCE_ID, sequence), (TracePacket.SEQUENCE_FLAGS, flags))
    return framed(head + body)


def _samples(samples: Samples, stack: Int64, deltas_us: Int64) -> bytes:
    count = len(samples)
    profile = join(count, number(StreamingProfilePacket.CALLSTACK_IID, stack))
    profile += join(count, number(StreamingProfilePacket.TIMESTAMP_DELTA_US, deltas_us))
    own = fields(
        (SampleColumns.START_NS, samples.start_ns.astype("<i8").tobytes()),
        (SampleColumns.END_NS, samples.end_ns.astype("<i8").tobytes()),
        (SampleColumns.FRAME, samples.frame.astype("<i4").tobytes()),
        (SampleColumns.STATE, samples.state.astype("<i1").tobytes()),
    )
    at = (TracePacket.TIMESTAMP, int(samples.start_ns[0]))
    return fields(at, (TracePacket.STREAMING_PROFILE_PACKET, profile), (Own.SAMPLES, own))


class _Tables:
    """The names, files, places and stacks that samples speak of by their ids."""

    def __init__(self, trace: Trace) -> None:
        self._frames = frames = trace.stack_frames
        self._stacks: dict[int, bytes] = {}
        self._texts: Sequence[str] = (*trace.strings, "", NO_STACK)
        nothing, no_stack = len(self._texts) - 2, len(self._texts) - 1
        # The last frame is that of samples whose stack could not be read, and is of no file.
        function = np.append(np.where(frames.function == MISSING, nothing, frames.function), no_stack)
        file = np.append(np.where(frames.file == MISSING, nothing, frames.file), nothing)
        line = np.append(np.clip(frames.line, 0, _LAST_LINE), 0)
        places = np.stack((function, file, line), axis=1)
        self._places, place = np.unique(places, axis=0, return_inverse=True)
        self._place = place.reshape(-1)

    def stacks(self, samples: Samples) -> Int64:
        """The ids of the samples' stacks: the positions of their frames, from 1."""
        return np.where(samples.frame == MISSING, len(self._frames), samples.frame).astype(np.int64) + 1

    def rows(self, samples: Samples) -> Iterator[bytes]:
        """What the samples speak of, some rows of ``InternedData`` at a time, each behind those it speaks of."""
        stacks = np.unique(self.stacks(samples)) - 1
        frames = np.append(with_callers(self._frames, samples.frame), stacks[-1] == len(self._frames))
        places = np.unique(self._place[frames])
        functions, files = np.unique(self._places[places, 0]), np.unique(self._places[places, 1])
        rows = [
            *((InternedData.FUNCTION_NAMES, self._name(code)) for code in functions.tolist()),
            *((InternedData.MAPPING_PATHS, self._name(code)) for code in files.tolist()),
            *((InternedData.SOURCE_PATHS, self._name(code)) for code in files.tolist()),
            *((InternedData.MAPPINGS, _file(code + 1)) for code in files.tolist()),
            *((InternedData.FRAMES, self._frame(place)) for place in places.tolist()),
            *((InternedData.CALLSTACKS, self._stack(frame)) for frame in stacks.tolist()),
        ]
        for first in range(0, len(rows), _ROWS_PER_PACKET):
            yield fields(*rows[first : first + _ROWS_PER_PACKET])

    def _name(self, code: int) -> bytes:
        return fields((InternedName.IID, code + 1), (InternedName.NAME, self._texts[code]))

    def _frame(self, place: int) -> bytes:
        function, file, line = self._places[place].tolist()
        # Viewers take frames of one name and address for one: the line is the address.
        numbers = ((Frame.REL_PC, line), (Frame.SOURCE_PATH_IID, file + 1), (Frame.LINE_NUMBER, line))
        code = (Frame.FUNCTION_NAME_ID, function + 1), (Frame.MAPPING_ID, file + 1)
        return fields((Frame.IID, place + 1), *code, *(numbers if line else ()))

    def _stack(self, frame: int) -> bytes:
        if frame not in self._stacks:  # threads that do the same work have the same stacks
            self._stacks[frame] = self._new_stack(frame)
        return self._stacks[frame]

    def _new_stack(self, frame: int) -> bytes:
        found = [frame]
        while found[-1] < len(self._frames) and (caller := int(self._frames.caller[found[-1]])) != MISSING:
            found.append(caller)
        ids = [(Callstack.FRAME_IDS, int(self._place[each]) + 1) for each in reversed(found)]
        return fields((Callstack.IID, frame + 1), *ids)


def _file(iid: int) -> bytes:
    return fields((Mapping.IID, iid), (Mapping.PATH_STRING_IDS, iid))
