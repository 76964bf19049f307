"""Sampled stacks of our own ``.pftrace``: the samples of each thread, and the tables of what they speak of."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import MISSING, Samples
from ...vocabulary.perfetto_fields import (
    Callstack,
    Frame,
    InternedData,
    InternedName,
    Mapping,
    SampleColumns,
    ThreadDescriptor,
)
from ..base.frames import LAST_LINE, NOT_IN_THE_FILE, known_states
from ..base.stamps import LIMIT_NS
from .wire import Broken, fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ...model import Int64
    from ..base.building import TraceBuilder
    from .wire import Value

TABLES = frozenset(
    {
        InternedData.FUNCTION_NAMES,
        InternedData.MAPPING_PATHS,
        InternedData.MAPPINGS,
        InternedData.FRAMES,
        InternedData.CALLSTACKS,
    }
)
"""The tables of ``InternedData`` that are taken: rows have one id in all sequences."""

_COLUMNS = {
    SampleColumns.START_NS: ("start_ns", "<i8"),
    SampleColumns.END_NS: ("end_ns", "<i8"),
    SampleColumns.FRAME: ("frame", "<i4"),
    SampleColumns.STATE: ("state", "<i1"),
}
_NOWHERE = "samples of no thread or time"


class Stacks:
    """Takes what packets hold of samples; then gives them to the builder of their process."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, int], list[tuple[int, Value]]] = {}
        """of each table and id the fields"""
        self._threads: dict[Value, tuple[int, int]] = {}
        """process and thread of each sequence"""
        self._positions: defaultdict[TraceBuilder, dict[int, int | None]] = defaultdict(dict)
        """of each builder the positions of frames, by those that the file has for them; None for one that it lacks"""
        self._samples: defaultdict[tuple[int, int] | None, list[dict[str, NDArray[Any]]]] = defaultdict(list)

    def learn(self, table: int, row: bytes) -> None:
        """Take a row of one of `TABLES`, which every sequence repeats that speaks of it. Raises `Broken`."""
        number, iid = next(fields(row), (0, 0))
        if number != InternedName.IID or not isinstance(iid, int):
            raise Broken("a row without an id in front")
        if (table, iid) not in self._rows:
            self._rows[table, iid] = list(fields(row))

    def take_thread(self, sequence: Value, descriptor: bytes) -> None:
        """Take which thread a sequence is of. Raises `Broken`."""
        found = dict(fields(descriptor))
        self._threads[sequence] = _signed(found.get(ThreadDescriptor.PID)), _signed(found.get(ThreadDescriptor.TID))

    def take_samples(self, sequence: Value, columns: bytes) -> None:
        """Take samples of a sequence. Raises `Broken` for columns that do not fit together."""
        found = dict(fields(columns))
        rows: dict[str, NDArray[Any]] = {}
        for field, (name, dtype) in _COLUMNS.items():
            data = found.get(field)
            if not isinstance(data, bytes) or len(data) % np.dtype(dtype).itemsize:
                raise Broken("a column of samples that is none")
            rows[name] = np.frombuffer(data, dtype)
        if len({len(column) for column in rows.values()}) > 1:
            raise Broken("columns of samples of different lengths")
        self._samples[self._threads.get(sequence)].append(rows)

    def add(self, builder_of: Callable[[int], TraceBuilder], dropped: Counter[str]) -> None:
        """Add everything to the builders, of which there is one for each process; count what cannot be used."""
        for place, parts in self._samples.items():
            columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
            start_ns, end_ns = columns["start_ns"], columns["end_ns"]
            sound = (start_ns >= 0) & (start_ns <= end_ns) & (end_ns < LIMIT_NS) & (place is not None)
            dropped[_NOWHERE] += int((~sound).sum())
            if place is not None and sound.any():
                builder = builder_of(place[0])
                columns = {name: column[sound] for name, column in columns.items()}
                dropped[NOT_IN_THE_FILE] += self._add(builder, place, columns)

    def _add(self, builder: TraceBuilder, place: tuple[int, int], columns: dict[str, NDArray[Any]]) -> int:
        """Add the samples of a thread; of how many the file has no stack."""
        columns["state"] = known_states(columns["state"])
        columns["frame"], lost = self._moved(builder, columns["frame"])
        count = len(columns["frame"])
        process, thread = np.full(count, builder.process(place[0])), np.full(count, place[1])
        builder.add(Samples, **columns, process=process, thread=thread)
        return lost

    def _moved(self, builder: TraceBuilder, frames: NDArray[np.int32]) -> tuple[Int64, int]:
        """Where the frames of samples are among the builder's, and of how many samples the file has no stack."""
        distinct, which, counts = np.unique(frames, return_inverse=True, return_counts=True)
        known = self._positions[builder]
        for frame in distinct.tolist():
            if frame not in known:
                known[frame] = self._position(builder, frame) if frame != MISSING else MISSING
        places = [known[frame] for frame in distinct.tolist()]
        lost = sum(n for place, n in zip(places, counts.tolist(), strict=True) if place is None)
        return np.array([MISSING if place is None else place for place in places])[which.reshape(-1)], lost

    def _position(self, builder: TraceBuilder, frame: int) -> int | None:
        place = MISSING
        stack = self._rows.get((InternedData.CALLSTACKS, frame + 1), [])
        ids = [_number(value) for field, value in stack if field == Callstack.FRAME_IDS]
        for iid in ids:
            row = dict(self._rows.get((InternedData.FRAMES, iid), []))
            if not row:
                return None
            function = self._text(InternedData.FUNCTION_NAMES, row.get(Frame.FUNCTION_NAME_ID))
            mapping = dict(self._rows.get((InternedData.MAPPINGS, _number(row.get(Frame.MAPPING_ID))), []))
            file = self._text(InternedData.MAPPING_PATHS, mapping.get(Mapping.PATH_STRING_IDS))
            line = _number(row.get(Frame.REL_PC))
            names, files = (builder.strings[text] if text else MISSING for text in (function, file))
            place = builder.frames.position(place, names, files, line if 0 < line < LAST_LINE else MISSING)
        return place if ids else None

    def _text(self, table: int, iid: Value | None) -> str:
        name = dict(self._rows.get((table, _number(iid)), [])).get(InternedName.NAME)
        return name.decode("utf-8", "replace") if isinstance(name, bytes) else ""


def _number(value: Value | None) -> int:
    return value if isinstance(value, int) else 0


def _signed(value: Value | None) -> int:
    """An int32, as protobuf has it in 64 bits."""
    number = _number(value)
    return number - (1 << 64) if number >= 1 << 63 else number
