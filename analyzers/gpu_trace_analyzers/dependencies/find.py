"""Which operations have to wait for which? The operators are gone through in the order in which the host ran them."""

from __future__ import annotations

from functools import lru_cache
from heapq import merge
from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING

import numpy as np

from ..model import Engine
from ..model import Memory as Place
from ..questions.launches import launches
from .accesses import accesses
from .between_streams import orders_between_streams
from .edges import Carrying, Dependencies, Edges, HostUses
from .joined import joined
from .made import Made
from .memory import Memory
from .operator_order import OperatorOrder
from .origin import Origin
from .silent import silent_operators
from .unknown_order import UnknownOrder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..model import Int8, Int64, Trace
    from .accesses import Accesses
    from .execution_trace import ExecutionTrace
    from .joined import Joined
    from .memory import Content
    from .silent import Silent
    from .tensors import Extent
    from .waits import Waits

_BUS = frozenset({Engine.COPY_H2D, Engine.COPY_D2H})


def dependencies(trace: Trace, rows: Int64, execution: ExecutionTrace) -> Dependencies:
    """What each of these operations has to wait for.

    ``rows`` are positions in ``Trace.work``, (n,) int64, in the order of their launches. Raises `TraceUnreadable` if
    the execution trace is of another process.
    """
    both = joined(trace, rows, execution)
    walk = _Walk(trace, rows, both)
    launched_ns = np.maximum.accumulate(launches(trace).at_ns[rows])
    silent = sorted(silent_operators(both, _begin_ns(both, launched_ns)), key=attrgetter("ended_ns"))
    orders = orders_between_streams(trace, both.process, launched_ns)
    # Of two at one time an operator that has ended is first, and a launch is last.
    steps: Iterator[tuple[int, Callable[..., None], tuple[object, ...]]] = merge(
        ((one.ended_ns, walk.ended, (one,)) for one in silent),
        ((one.at_ns, walk.ordered, (one,)) for one in orders),
        ((at_ns, walk.launched, (row, at_ns)) for row, at_ns in enumerate(launched_ns.tolist())),
        key=itemgetter(0),
    )
    for _, step, what in steps:
        step(*what)
    return walk.result()


def _begin_ns(both: Joined, launched_ns: Int64) -> int:
    """When the first operator began that launched any of the rows: what was given out before was there before."""
    begins = [both.begin_ns(node) for node in both.of_rows[:1] if node is not None]
    return min([*begins, *launched_ns[:1].tolist()], default=0)


class _Walk:
    """One pass over the operators, with what memory holds at each time."""

    def __init__(self, trace: Trace, rows: Int64, both: Joined) -> None:
        work = trace.work[rows]
        self._rows, self._node = rows, both.of_rows
        self._engine, self._source = work.engine.tolist(), work.source.tolist()
        self._stream = list(zip(work.device.tolist(), work.stream.tolist(), strict=True))
        self._touched = lru_cache(maxsize=256)(accesses)  # an operator often launches several operations
        self._memory, self._made = Memory(), Made(both)
        self._operator_order, self._unknown_order = OperatorOrder(both), UnknownOrder()
        self.ordered = self._unknown_order.ordered
        self._known, self._host_reads, self._carried, self._copied_again = (bytearray(len(rows)) for _ in range(4))
        self._host_uses: list[tuple[int, int, int]] = []
        self._carrying: list[tuple[int, int]] = []
        self._waits: list[Waits] = []

    def ended(self, operator: Silent) -> None:
        """An operator that launched nothing has done what it does."""
        origin = self._origin(operator)
        for part in operator.reads:
            self._read_by_host(part, operator.began_ns)
        for part in operator.makes:
            self._memory.make(part, operator.ended_ns)
            if origin is not None:
                self._memory.holds(part).host_writes(part, origin)
        for part in operator.writes:
            content = self._memory.holds(part)
            rows = content.host_reads(part) | content.host_writes(part, origin)
            self._host_uses += [(operator.began_ns, row, 0) for row in sorted(rows)]

    def _origin(self, operator: Silent) -> Origin | None:
        """Of what it writes: the results that it reads, and the origins of what else it reads."""
        if not operator.told:
            return None
        contents = [(self._memory.holds(part), part) for part in operator.reads]
        rows = frozenset(row for content, part in contents for row in content.host_reads(part))
        earlier = {id(origin): origin for content, part in contents for origin in content.origins_of(part)}
        return Origin(operator.began_ns, rows, list(earlier.values())) if rows or earlier else None

    def launched(self, row: int, at_ns: int) -> None:
        """An operation was launched: what it touches, and so what it has to wait for."""
        node = self._node[row]
        touched = self._touched(node) if node is not None else None
        waits: Waits = {}
        if node is not None and touched is not None:
            self._made.begin(node, touched, self._memory, at_ns)
            self._touch(row, at_ns, touched, waits)
        if node is not None:
            self._operator_order.launched(node, row, waits)
        self._unknown_order.launched(self._stream[row], row, touched is not None, waits)
        self._known[row] = touched is not None
        if self._engine[row] == Engine.COPY_D2H and _returns(touched):
            self._host_reads[row] = True
        self._waits.append(waits)

    def _touch(self, row: int, at_ns: int, touched: Accesses, waits: Waits) -> None:
        for part in touched.reads:
            content = self._memory.holds(part) if part.device != "cpu" else self._on_host(row, at_ns, part)
            content.read(part, row, waits)
        for part in touched.writes:
            self._memory.holds(part).write(part, row, waits)

    def _on_host(self, row: int, at_ns: int, part: Extent) -> Content:
        """What the memory of the host holds that an operation reads."""
        is_kernel = self._engine[row] not in _BUS
        content = self._memory.holds_number(part) if is_kernel else self._memory.holds(part)
        for reader in content.last_readers(part):  # the others were found when that one was launched
            self._copied_again[reader] = True
        self._carry(row, content.origins_of(part))
        # The host reads what a kernel takes from its memory, and what a copy takes from memory that is not pinned.
        if is_kernel or self._source[row] == Place.PAGEABLE:
            self._read_by_host(part, at_ns)
        return content

    def _carry(self, reader: int, origins: Iterable[Origin]) -> None:
        """An operation reads what the host made so: of which results, and by which operators."""
        for origin in chain.from_iterable(origin.follow() for origin in origins):
            self._carrying.append((origin.began_ns, reader))
            for row in origin.rows:
                self._carried[row] = True

    def _read_by_host(self, part: Extent, at_ns: int) -> None:
        for row in sorted(self._memory.holds(part).host_reads(part)):
            self._host_reads[row] = True
            self._host_uses.append((at_ns, row, 1))

    def result(self) -> Dependencies:
        """All that was found."""
        after = np.repeat(np.arange(len(self._waits)), [len(waits) for waits in self._waits])
        before = np.array([row for waits in self._waits for row in waits], dtype=np.int64)
        because = np.array([why for waits in self._waits for why in waits.values()], dtype=np.int8)
        order = np.lexsort((before, after))
        edges = Edges(before[order], after[order], because[order])
        uses = HostUses(*_columns(sorted(self._host_uses)))
        flags = (self._known, self._host_reads, self._carried, self._copied_again)
        known, host_reads, carried, copied_again = (np.frombuffer(one, dtype=np.bool_) for one in flags)
        carrying = Carrying(*np.array(sorted(self._carrying), np.int64).reshape(-1, 2).T)
        return Dependencies(
            self._rows,
            edges,
            known,
            self._memory.contents(),
            host_reads,
            uses,
            carried,
            carrying,
            copied_again,
        )


def _columns(uses: list[tuple[int, int, int]]) -> tuple[Int64, Int64, Int8]:
    at_ns, operation, reads = np.array(uses, np.int64).reshape(-1, 3).T
    return at_ns, operation, reads.astype(np.int8)


def _returns(touched: Accesses | None) -> bool:
    """Whether a copy to the host goes to the operator itself, as that of ``item()``, and to no tensor."""
    return touched is None or not any(part.device == "cpu" for part in touched.writes)
