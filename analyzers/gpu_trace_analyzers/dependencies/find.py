"""Which operations have to wait for which? The operators are gone through in the order in which the host ran them."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from ..model import Engine
from ..model import Memory as Place
from ..questions.launches import launches
from .accesses import accesses
from .edges import Dependencies, Edges
from .joined import joined
from .made import Made
from .memory import Memory
from .operator_order import OperatorOrder
from .silent import silent_operators
from .unknown_order import UnknownOrder

if TYPE_CHECKING:
    from ..model import Int64, Trace
    from .accesses import Accesses
    from .execution_trace import ExecutionTrace, Node
    from .joined import Joined
    from .silent import Silent
    from .tensors import Extent
    from .waits import Waits

_COPIES = frozenset({Engine.COPY_H2D, Engine.COPY_D2H})


def dependencies(trace: Trace, rows: Int64, execution: ExecutionTrace) -> Dependencies:
    """What each of these operations has to wait for.

    ``rows`` are positions in ``Trace.work``, (n,) int64, in the order of their launches. Raises `TraceUnreadable` if
    the execution trace is of another process.
    """
    both = joined(trace, rows, execution)
    walk = _Walk(trace, rows, both)
    silent = sorted(silent_operators(both), key=attrgetter("ended_ns"), reverse=True)
    at_ns = np.maximum.accumulate(launches(trace).at_ns[rows]).tolist()
    for row, launched_ns in enumerate(at_ns):
        while silent and silent[-1].ended_ns <= launched_ns:
            walk.ended(silent.pop())
        walk.launched(row, launched_ns)
    while silent:
        walk.ended(silent.pop())
    return walk.result()


class _Walk:
    """One pass over the operators, with what memory holds at each time."""

    def __init__(self, trace: Trace, rows: Int64, both: Joined) -> None:
        work = trace.work[rows]
        self._rows, self._node = rows, both.of_rows
        self._engine, self._source = work.engine.tolist(), work.source.tolist()
        self._stream = list(zip(work.device.tolist(), work.context.tolist(), work.stream.tolist(), strict=True))
        self._accesses: dict[int, Accesses | None] = {}
        self._memory, self._made = Memory(), Made(both)
        self._operator_order, self._unknown_order = OperatorOrder(both), UnknownOrder()
        self._edges: list[tuple[int, int, int]] = []
        self._known = np.zeros(len(rows), dtype=np.bool_)
        self._host_reads = np.zeros(len(rows), dtype=np.bool_)

    def ended(self, operator: Silent) -> None:
        """An operator that launched nothing has done what it does."""
        for part in operator.reads:
            self._read_by_host(part)
        for storage, device in operator.makes.items():
            self._memory.make(storage, device, operator.ended_ns)
        for part in operator.writes:
            self._memory.holds(part).host_writes(part)

    def launched(self, row: int, at_ns: int) -> None:
        """An operation was launched: what it touches, and so what it has to wait for."""
        node = self._node[row]
        waits: Waits = {}
        touched = self._touched(node) if node is not None else None
        if node is not None and touched is not None:
            self._make(node, touched, at_ns)
            self._touch(row, touched, waits)
        self._returned(row, touched)
        if node is not None:
            self._operator_order.launched(node, row, waits)
        self._unknown_order.launched(self._stream[row], row, touched is not None, waits)
        self._known[row] = touched is not None
        self._edges += [(before, row, because) for before, because in sorted(waits.items())]

    def _touched(self, node: Node) -> Accesses | None:
        if node.id not in self._accesses:
            self._accesses[node.id] = accesses(node)
        return self._accesses[node.id]

    def _make(self, node: Node, touched: Accesses, at_ns: int) -> None:
        """What was given out since an operator began that makes it, and is written first here, is a new content."""
        made = self._made.since(node)
        if not made:
            return
        read = {part.storage for part in touched.reads}
        for part in touched.writes:
            since = made.get(part.storage)
            if since is not None and part.storage not in read and self._memory.made_at(part.storage) < since:
                self._memory.make(part.storage, part.device, at_ns)

    def _touch(self, row: int, touched: Accesses, waits: dict[int, int]) -> None:
        from_host = self._engine[row] not in _COPIES or self._source[row] == Place.PAGEABLE
        for part in touched.reads:
            self._memory.holds(part).read(part, row, waits)
            if from_host and part.device == "cpu":
                self._read_by_host(part)
        for part in touched.writes:
            self._memory.holds(part).write(part, row, waits)

    def _returned(self, row: int, touched: Accesses | None) -> None:
        """What a copy brings to no tensor of the host, the operator itself reads: as ``item()`` does."""
        if self._engine[row] == Engine.COPY_D2H:
            kept = touched is not None and any(part.device == "cpu" for part in touched.writes)
            self._host_reads[row] |= not kept

    def _read_by_host(self, part: Extent) -> None:
        for row in self._memory.holds(part).host_reads(part):
            self._host_reads[row] = True

    def result(self) -> Dependencies:
        """All that was found."""
        before, after, because = np.array(self._edges, dtype=np.int64).reshape(-1, 3).T
        edges = Edges.of({"before": before, "after": after, "because": because})
        return Dependencies(self._rows, edges, self._known, self._memory.contents(), self._host_reads)
