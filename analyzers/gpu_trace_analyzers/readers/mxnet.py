"""The dump of MXNet's own profiler: Chrome JSON, where an operator is a pair of ``B`` and ``E`` events.

The process id is the device, which an ``M`` event names (``cpu/0``, ``gpu/1``), the thread id a 64-bit hash. The same
operators come again as asynchronous ``b`` and ``e`` events of another process: those are not counted twice.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..model import MISSING, DeviceWork, HostOperators
from .base.building import TraceBuilder
from .base.columns import as_id
from .base.stamps import NO_TIME, nanoseconds_of
from .chrome import EventStream, note_clock, texts

if TYPE_CHECKING:
    from ..engines import EngineRules
    from ..model import Trace
    from .base.identity import DeviceKind
    from .base.tracefile import TraceFile
    from .chrome import Event

NAME = "mxnet"

_DEVICE = re.compile(r"(cpu|gpu)/(\d{1,4})")
_RECOGNISED = re.compile(rb'"args"\s*:\s*\{\s*"name"\s*:\s*"(?:cpu|gpu)/\d+"|"cat"\s*:\s*"MXNET_C_API"')
_UNUSED = {
    "b": "operators and calls repeated as asynchronous events",
    "e": "operators and calls repeated as asynchronous events",
    "C": "counters",
    "i": "instants",
}
_UNPAIRED = "operators that begin or end outside the recording"


def recognizes(file: TraceFile) -> bool:
    """Whether devices are named as MXNet names them."""
    return file.head.lstrip()[:1] == b"{" and _RECOGNISED.search(file.head) is not None


def read(file: TraceFile, rules: EngineRules, operators: bool) -> Trace:
    """Read a dump; ``operators`` also keeps each operator as a row of the host, under its thread."""
    builder = TraceBuilder(file, NAME)
    pairs = _Pairs()
    stream = EventStream(file)
    for batch in stream:
        for event in batch.mixed:
            pairs.take(event)
    builder.events = stream.events
    builder.dropped.update(stream.lost + pairs.finish())
    builder.expected.update(_UNUSED.values())
    _add(builder, pairs, rules, operators)
    return builder.build()


@dataclass
class _Pairs:
    """Operators while their ends are awaited, and those that are complete."""

    devices: dict[int, tuple[DeviceKind, int]] = field(default_factory=dict)
    spans: list[tuple[Event, Event]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    _open: defaultdict[tuple[int, int], list[Event]] = field(default_factory=lambda: defaultdict(list))

    def take(self, event: Event) -> None:
        if event.ph == "B":
            self._open[as_id(event.pid), as_id(event.tid)].append(event)
        elif event.ph == "E":
            self._end(event)
        elif event.ph == "M":
            named = _DEVICE.fullmatch(str(event.args.name)) if event.name == "process_name" else None
            if named:
                self.devices[as_id(event.pid)] = (cast("DeviceKind", named[1]), int(named[2]))
        else:
            self.dropped[_UNUSED.get(event.ph, f"events of phase {event.ph!r}")] += 1

    def _end(self, event: Event) -> None:
        waiting = self._open[as_id(event.pid), as_id(event.tid)]
        begins = [place for place, begun in enumerate(waiting) if begun.name == event.name]
        if begins:
            self.spans.append((waiting.pop(begins[-1]), event))
        else:
            self.dropped[_UNPAIRED] += 1

    def finish(self) -> Counter[str]:
        """What is not used, with two events for each pair that no device is known for."""
        self.dropped[_UNPAIRED] += sum(map(len, self._open.values()))
        known = [span for span in self.spans if as_id(span[0].pid) in self.devices]
        self.dropped["operators of no device"] += 2 * (len(self.spans) - len(known))
        self.spans = known
        return +self.dropped


def _add(builder: TraceBuilder, pairs: _Pairs, rules: EngineRules, operators: bool) -> None:
    starts = texts(begin.ts for begin, _ in pairs.spans)
    start_ns, end_ns = nanoseconds_of(starts), nanoseconds_of(texts(end.ts for _, end in pairs.spans))
    has = (start_ns != NO_TIME) & (end_ns != NO_TIME)
    builder.dropped["no readable ts or dur"] += 2 * int((~has).sum())
    note_clock(builder, b"." in starts, start_ns[has])
    begins = [begin for (begin, _), kept in zip(pairs.spans, has.tolist(), strict=True) if kept]
    process = builder.process(0)
    columns: dict[str, Any] = {
        "start_ns": start_ns[has],
        "end_ns": end_ns[has],
        "name": builder.strings.codes(begin.name for begin in begins),
        "process": np.full(len(begins), process),
    }
    threads = [as_id(begin.tid) for begin in begins]
    builder.add(
        DeviceWork,
        **columns,
        device=[builder.device(*pairs.devices[as_id(begin.pid)]) for begin in begins],
        stream=threads,
        engine=[rules.engine("operator", begin.name) for begin in begins],
        correlation=np.full(len(begins), MISSING),
    )
    if operators:
        builder.add(HostOperators, **columns, thread=threads)
