"""Operations of one operator keep their order, as one may use what another left in memory that no argument shows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ..model import MISSING
from .edges import Because
from .waits import add_wait

if TYPE_CHECKING:
    from .execution_trace import Node
    from .joined import Joined
    from .waits import Waits

_SAME_OPERATOR = int(Because.SAME_OPERATOR)


class OperatorOrder:
    """What an operator launches itself stays behind all before it in the operator, and before all that is behind it.

    The operations of the operators that it calls are not held among themselves.
    """

    def __init__(self, joined: Joined) -> None:
        self._around = joined.around
        self._last: dict[int, int] = {}
        """by operator, the last operation that it launched itself"""
        self._since: dict[int, list[int]] = defaultdict(list)
        """and what the operators in it have launched since"""

    def launched(self, node: Node, row: int, waits: Waits) -> None:
        """An operator launches an operation itself; what it has to wait for is added to ``waits``."""
        outer = self._around[node.number]
        while outer != MISSING:
            if outer in self._last:
                add_wait(waits, self._last[outer], _SAME_OPERATOR)
            self._since[outer].append(row)
            outer = self._around[outer]
        if node.number in self._last:
            add_wait(waits, self._last[node.number], _SAME_OPERATOR)
        for inside in self._since.pop(node.number, ()):
            add_wait(waits, inside, _SAME_OPERATOR)
        self._last[node.number] = row
