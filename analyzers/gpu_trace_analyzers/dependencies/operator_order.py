"""Operations of one operator keep their order, as one may use what another left in memory that no argument shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import MISSING
from .edges import Because
from .waits import add_wait

if TYPE_CHECKING:
    from .execution_trace import Node
    from .joined import Joined
    from .waits import Waits

SAME_OPERATOR = int(Because.SAME_OPERATOR)


class OperatorOrder:
    """What an operator launches itself stays behind all before it in the operator, and before all that is behind it.

    The operations of the operators that it calls are not held among themselves.
    """

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._last = dict.fromkeys(joined.launching, MISSING)
        """by operator with operations of its own, the last of them"""
        self._since: dict[int, list[int]] = {id_: [] for id_ in self._last}
        """and what the operators in it have launched since"""
        self._around: dict[int, tuple[int, ...]] = {}

    def launched(self, node: Node, row: int, waits: Waits) -> None:
        """An operator launches an operation itself; what it has to wait for is added to ``waits``."""
        for caller in self._callers(node):
            if self._last[caller] != MISSING:
                add_wait(waits, self._last[caller], SAME_OPERATOR)
            self._since[caller].append(row)
        if self._last[node.id] != MISSING:
            add_wait(waits, self._last[node.id], SAME_OPERATOR)
        for inside in self._since[node.id]:
            add_wait(waits, inside, SAME_OPERATOR)
        self._last[node.id], self._since[node.id] = row, []

    def _callers(self, node: Node) -> tuple[int, ...]:
        """Those around an operator that launch operations themselves."""
        if node.id not in self._around:
            caller = self._joined.caller(node)
            around = self._callers(caller) if caller is not None else ()
            itself = (caller.id,) if caller is not None and caller.id in self._last else ()
            self._around[node.id] = around + itself
        return self._around[node.id]
