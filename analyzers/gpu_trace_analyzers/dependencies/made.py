"""Which storages are memory that was just given out? Those that come out of an operator and had not gone in.

An execution trace has no row for memory that is given out or back, and gives memory at one address one id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import MISSING
from .accesses import made_by

if TYPE_CHECKING:
    from .accesses import Accesses
    from .execution_trace import Node
    from .joined import Joined
    from .memory import Memory
    from .tensors import Extent


class Made:
    """What operators make, by themselves or in one that they call."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._by: dict[int, dict[int, int]] = {}

    def begin(self, node: Node, touched: Accesses, memory: Memory, at_ns: int) -> None:
        """Storages that this operator is the first to touch since they were given out hold nothing yet."""
        for part in touched.made:
            self._begin(part, self._joined.ran[node.number][0], memory, at_ns)
        for part in touched.replaced:
            self._begin(part, self._around(node.number).get(part.storage, MISSING), memory, at_ns)

    def _begin(self, part: Extent, since_ns: int, memory: Memory, at_ns: int) -> None:
        if memory.made_ns(part.storage) < since_ns:
            memory.make(part, at_ns)

    def _around(self, number: int) -> dict[int, int]:
        """The storages that operators around a node make: since when, in ns, of several the innermost."""
        caller = self._joined.caller.get(number)
        if caller is None:
            return {}
        if caller not in self._by:
            begin_ns, _ = self._joined.ran[caller]
            own = {part.storage: begin_ns for part in made_by(self._joined.nodes[caller])}
            self._by[caller] = {**self._around(caller), **own}
        return self._by[caller]
