"""Which storages are memory that was just given out? Those that come out of an operator and had not gone in.

An execution trace has no row for memory that is given out or back, and gives memory at one address one id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .accesses import made_by

if TYPE_CHECKING:
    from .execution_trace import Node
    from .joined import Joined


class Made:
    """What operators make, by themselves or in one that they call."""

    def __init__(self, joined: Joined) -> None:
        self._joined = joined
        self._since: dict[int, dict[int, int]] = {}

    def since(self, node: Node) -> dict[int, int]:
        """By the storages that this operator or one around it makes: since when, in ns, of several the innermost."""
        if node.id not in self._since:
            caller = self._joined.caller(node)
            around = self.since(caller) if caller is not None else {}
            begin = self._joined.ran.get(node.id)
            own = made_by(node) if begin is not None else {}
            self._since[node.id] = {**around, **dict.fromkeys(own, begin[0])} if own and begin else around
        return self._since[node.id]
