"""Kineto's Chrome JSON, as torch.profiler writes it, and as ``gpu-trace run`` writes it with NVTX rows added.

One event is one JSON object; ``cat`` says what it is. Rows of ``gpu_user_annotation`` repeat host ranges on the GPU's
own rows and are never work; nor are ``cuda_sync`` rows. One file is one recorded process, whatever process ids the
GPU's rows have (there it is the device, or the agent).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from typing import TYPE_CHECKING

from ...vocabulary.kineto import MEMORY, Argument, Category, Key
from ...vocabulary.operators import MULTIPLYING
from ...vocabulary.v8 import CATEGORY as PROFILER
from ...vocabulary.v8 import PHASE
from ..base.building import NOT_ASKED, NOT_READ, WITHOUT_CATEGORY, TraceBuilder
from ..base.columns import as_id
from ..chrome import DecodedSpans, Distinct, EventStream, Named
from ..chrome.stream import WAYS, Way
from .counters import CounterRows
from .document import describe
from .rows import COMMUNICATES, Rows
from .stacks import Stacks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ...engines import EngineRules
    from ...model import Trace
    from ..base.tracefile import TraceFile
    from ..chrome import Event

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
_UNUSED = {
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
_OTHER_PHASES = {"I": "instants", "R": "instants", "C": "counters", "": "events without a phase"}
_FLUSH = 8192  # events decoded before they become columns: few enough to stay small, enough to pay for NumPy's calls


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


def _takers(rows: Rows, counters: CounterRows) -> dict[str, Callable[[DecodedSpans], None]]:
    """What turns the events of each category into columns."""
    return {
        **dict.fromkeys(KERNELS, rows.kernels),
        **dict.fromkeys(COPIES, rows.copies),
        **dict.fromkeys(FILLS, rows.fills),
        **dict.fromkeys(CALLS, rows.calls),
        **dict.fromkeys(OPERATORS, rows.operators),
        **{category: partial(rows.ranges, category=category) for category in RANGES},
        Category.CPU_WORK: rows.cpu_work,
        Category.SYNC: rows.syncs,
        Category.OVERHEAD: rows.overheads,
        Category.INSTANT: counters.memory,
        Category.COUNTER: counters.recorded,
    }


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
        self.pending: defaultdict[str, list[Event]] = defaultdict(list)
        self.without_category: Counter[int] = Counter()
        """by process id: what such rows are shows at most in the name of their process"""

    def trace(self, ways: Collection[Way], besides: Callable[[TraceBuilder], None]) -> Trace:
        named = dict.fromkeys(OPERATORS, Named(MULTIPLYING, Argument.SHAPES))
        stream = EventStream(self.builder.file, self.takers, ways, self.some, named)
        for batch in stream:
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
        pending = self.pending[category]
        pending += events
        if len(pending) >= _FLUSH:
            self.flush(category)

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
        if known:
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
        spans = DecodedSpans(self.pending.pop(category, []), self.distinct)
        self.takers.get(category, self.rows.operators)(spans)

    def name(self, event: Event) -> None:
        """A row of metadata: what a process or a thread is called."""
        name = str(event.args.name or "").strip()
        if event.name == "process_name":
            self.builder.name_process(as_id(event.pid), name)
        elif event.name == "thread_name":
            self.builder.name_thread(as_id(event.pid), as_id(event.tid), name)
