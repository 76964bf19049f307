"""Kineto's Chrome JSON, as torch.profiler writes it, and as ``gpu-trace run`` writes it with NVTX rows added.

One event is one JSON object; ``cat`` says what it is. Rows of ``gpu_user_annotation`` repeat host ranges on the GPU's
own rows and are never work; nor are ``cuda_sync`` rows. One file is one recorded process, whatever process ids the
GPU's rows have (there it is the device, or the agent).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ...vocabulary.kineto import MEMORY, Argument, Category, Key
from ...vocabulary.operators import MULTIPLYING
from ...vocabulary.v8 import CATEGORY as PROFILER
from ...vocabulary.v8 import PHASE
from ..base.building import NOT_ASKED, NOT_READ, WITHOUT_CATEGORY, TraceBuilder
from ..base.columns import as_id
from ..chrome import DecodedSpans, Distinct, EventStream, JoinedSpans, Named
from ..chrome.compiled import COUNTED, IN_COLUMNS, LEFT, Name, Scanner, Wish, built_library
from ..chrome.stream import ENOUGH, WAYS, Way
from .counters import OF_MEMORY, CounterRows
from .document import describe
from .rows import (
    COMMUNICATES,
    OF_CALLS,
    OF_COPIES,
    OF_FILLS,
    OF_KERNELS,
    OF_NVTX,
    OF_OPERATORS,
    OF_SYNCS,
    ON_DEVICE,
    Rows,
)
from .stacks import Stacks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from ...engines import EngineRules
    from ...model import Trace
    from ..base.tracefile import TraceFile
    from ..chrome import Event
    from ..chrome.compiled import ScannedSpans

NAME = "kineto"

KERNELS = frozenset({Category.KERNEL, "concurrent_kernel"})
COPIES = frozenset({Category.MEMCPY, "memcpy"})
FILLS = frozenset({Category.MEMSET, "memset"})
CALLS = frozenset(
    f"{api}{level}" for api in ("", "cuda_", "hip_", "xpu_", "mtia_", "privateuse1_") for level in ("runtime", "driver")
)
OPERATORS = frozenset({Category.OPERATOR, "operator"})
RANGES = frozenset({Category.ANNOTATION, Category.NVTX})

PYTHON_FUNCTIONS = "Python functions"
ARROWS = "flow arrows"
"""The reasons for which rows are left out that no figure needs."""
_COUNTERS = "counters"
_UNUSED = {
    "": _COUNTERS,
    Category.OPERATOR: NOT_ASKED,
    "operator": NOT_ASKED,
    Category.GPU_ANNOTATION: "annotations on GPU rows",
    "flow": ARROWS,
    "cuda_event": "recorded CUDA events",
    Category.PYTHON: PYTHON_FUNCTIONS,
    Category.DRAWN: "lanes and notes drawn by gpu-trace",
    Category.INSTANT: "instants",
    "trace": "profiler span",
}
_OTHER_DEVICES = {"mtia_ccp_events": "MTIA", "hpu_op": "HPU"}
_PHASES = {"s": "flow", "t": "flow", "f": "flow"}
_OTHER_PHASES = {"I": "instants", "R": "instants", "C": _COUNTERS, "": "events without a phase"}


def recognizes(file: TraceFile) -> bool:
    """Whether the file has the keys that only Kineto writes."""
    return any(f'"{key}"'.encode() in file.head for key in (Key.SCHEMA, Key.DEVICES))


def read(
    file: TraceFile,
    rules: EngineRules,
    operators: bool,
    ways: Collection[Way] = WAYS,
    besides: Callable[[TraceBuilder], None] = lambda _: None,
) -> Trace:
    """Read a file in blocks. ``ways`` leaves out the faster ways through a block; the trace is the same.

    ``besides`` adds rows that are not in the file, once all of the file are there.
    """
    return _Reading(file, rules, operators).trace(ways, besides)


class Taker(NamedTuple):
    """What turns the events of a category into rows, and the arguments that it asks for."""

    take: Callable[[Any], None]
    fields: tuple[str, ...] = ()


def _takers(rows: Rows, counters: CounterRows) -> dict[str, Taker]:
    return {
        **dict.fromkeys(KERNELS, Taker(rows.kernels, OF_KERNELS)),
        **dict.fromkeys(COPIES, Taker(rows.copies, OF_COPIES)),
        **dict.fromkeys(FILLS, Taker(rows.fills, OF_FILLS)),
        **dict.fromkeys(CALLS, Taker(rows.calls, OF_CALLS)),
        **dict.fromkeys(OPERATORS, Taker(rows.operators, OF_OPERATORS)),
        Category.ANNOTATION: Taker(partial(rows.ranges, category=Category.ANNOTATION)),
        Category.NVTX: Taker(partial(rows.ranges, category=Category.NVTX), OF_NVTX),
        Category.CPU_WORK: Taker(rows.cpu_work, ON_DEVICE),
        Category.SYNC: Taker(rows.syncs, OF_SYNCS),
        Category.OVERHEAD: Taker(rows.overheads),
        Category.INSTANT: Taker(counters.memory, OF_MEMORY),
        Category.COUNTER: Taker(counters.recorded),
    }


def _wishes(takers: Mapping[str, Taker]) -> dict[str, Wish]:
    """What a scanner shall do with each category: those that become rows, and those that are only counted."""
    counted = dict.fromkeys(_UNUSED.keys() - {"flow", Category.INSTANT}, Wish(COUNTED))
    columns = {category: Wish(IN_COLUMNS, fields=taker.fields) for category, taker in takers.items()}
    names = [*map(Name, COMMUNICATES), *(Name(name, True, "shapes") for name in MULTIPLYING)]
    return {
        **counted,
        **dict.fromkeys(OPERATORS, Wish(LEFT, names=names)),
        **columns,
        Category.INSTANT: Wish(IN_COLUMNS, "i", OF_MEMORY, [Name(MEMORY, True, "allocated")]),
        Category.COUNTER: Wish(LEFT, "C"),
        "": Wish(COUNTED, "C"),  # drawn by viewers; of spans without a category their process has to be known
    }


class _Pending:
    """Events of a category that are not rows yet: one by one, or in columns."""

    def __init__(self) -> None:
        self.parts: list[list[Event] | ScannedSpans] = []
        self.count = 0

    def add(self, part: list[Event] | ScannedSpans) -> None:
        """Behind the others."""
        self.count += len(part)
        last = self.parts[-1] if self.parts else None
        if isinstance(last, list) and isinstance(part, list):
            last += part
        else:
            self.parts.append(list(part) if isinstance(part, list) else part)

    def settle(self) -> None:
        """Keep the last columns for longer than they are good."""
        if not isinstance(self.parts[-1], list):
            self.parts[-1] = self.parts[-1].kept()


class _Reading:
    """Sorts events by category, and turns each category into columns, some thousand events at a time."""

    def __init__(self, file: TraceFile, rules: EngineRules, operators: bool) -> None:
        self.builder = TraceBuilder(file, NAME)
        self.builder.counts_by_process = True
        self.distinct = Distinct()
        self.rows = Rows(self.builder, rules, self.distinct)
        self.counters = CounterRows(self.builder)
        self.stacks = Stacks(self.builder)
        self.some: dict[str, tuple[str, ...]] = dict.fromkeys(OPERATORS, COMMUNICATES)
        self.takers = _takers(self.rows, self.counters)
        if not operators:
            self.takers = {category: take for category, take in self.takers.items() if category not in OPERATORS}
        self.pending: defaultdict[str, _Pending] = defaultdict(_Pending)
        self.without_category: Counter[int] = Counter()
        """by process id: what such rows are shows at most in the name of their process"""

    def trace(self, ways: Collection[Way], besides: Callable[[TraceBuilder], None]) -> Trace:
        named = dict.fromkeys(OPERATORS, Named(MULTIPLYING, Argument.SHAPES))
        stream = EventStream(self.builder.file, self.takers, ways, self.some, named, self.scanner(ways))
        for batch in stream:
            for category, spans in batch.scanned:
                self.keep(category, spans)
            for category, events in batch.of.items():
                self.put(category, events)
            self.sort(batch.mixed)
        for category in sorted(self.pending):
            self.flush(category)
        for category, count in stream.skipped.items():
            self.unused(category, count)
        self.builder.events = stream.events
        self.builder.dropped.update(stream.lost)
        besides(self.builder)
        self.tell_without_category()
        describe(self.builder, stream.document)
        self.rows.close()
        return self.builder.build()

    def scanner(self, ways: Collection[Way]) -> Scanner | None:
        """The C library, where it is built and asked for."""
        library = built_library() if "compiled" in ways else None
        return Scanner(library, _wishes(self.takers), self.distinct) if library else None

    def put(self, category: str, events: list[Event]) -> None:
        if category in OPERATORS and category not in self.takers:
            self.rows.communication(DecodedSpans(events, self.distinct))
            kept = [event for event in events if event.name in MULTIPLYING and event.args.shapes]
            self.unused(category, len(events) - len(kept))
            events = kept
        elif category == Category.INSTANT:
            kept = [event for event in events if event.name == MEMORY and event.args.allocated is not None]
            self.unused(category, len(events) - len(kept))
            events = kept
        self.keep(category, events)

    def keep(self, category: str, part: list[Event] | ScannedSpans) -> None:
        pending = self.pending[category]
        pending.add(part)
        if pending.count >= ENOUGH:
            self.flush(category)
        else:
            pending.settle()

    def sort(self, events: list[Event]) -> None:
        sorted_events: defaultdict[str, list[Event]] = defaultdict(list)
        others: Counter[str] = Counter()
        for event in events:
            category = event.cat.lower()
            if event.ph == "X" and (category in self.takers or category in OPERATORS):
                sorted_events[category].append(event)
            elif event.ph == "M":
                self.name(event)
            elif event.ph == PHASE and category == PROFILER:
                self.stacks.take(event)
            elif event.ph == "i" or (event.ph == "C" and category == Category.COUNTER):
                sorted_events[Category.INSTANT if event.ph == "i" else category].append(event)
            elif event.ph == "X" and not category:
                self.without_category[as_id(event.pid)] += 1
            elif event.ph == "X" or event.ph in _PHASES:
                others[_PHASES.get(event.ph, category)] += 1
            else:
                self.of_another_phase(event.ph, category)
        for category, found in sorted_events.items():
            self.put(category, found)
        for category, count in others.items():
            self.unused(category, count)

    def unused(self, category: str, count: int) -> None:
        known = _UNUSED.get(category)
        if known and count:
            self.builder.expected.add(known)
        elif category in _OTHER_DEVICES:
            known = f"rows of {_OTHER_DEVICES[category]}, {NOT_READ}"
        self.builder.dropped[known or f"rows of unknown category {category!r}"] += count

    def of_another_phase(self, phase: str, category: str) -> None:
        known = _OTHER_PHASES.get(phase)
        if known:
            self.builder.expected.add(known)
        of = f", category {category!r}" if category else ""
        self.builder.dropped[known or f"events of phase {phase!r}{of}"] += 1

    def tell_without_category(self) -> None:
        processes = self.builder.named_processes()
        for pid, count in self.without_category.items():
            name = processes[pid].name if pid in processes else ""
            self.builder.dropped[f"{WITHOUT_CATEGORY}, of process {name or pid}"] += count

    def flush(self, category: str) -> None:
        take = self.takers[category].take if category in self.takers else self.rows.operators
        parts = self.pending.pop(category).parts
        spans = [DecodedSpans(part, self.distinct) if isinstance(part, list) else part for part in parts]
        take(spans[0] if len(spans) == 1 else JoinedSpans(spans))

    def name(self, event: Event) -> None:
        """A row of metadata: what a process or a thread is called."""
        name = str(event.args.name or "").strip()
        if event.name == "process_name":
            self.builder.name_process(as_id(event.pid), name)
        elif event.name == "thread_name":
            self.builder.name_thread(as_id(event.pid), as_id(event.tid), name)
