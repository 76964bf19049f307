"""What did the operators do that launched nothing: what memory was given out, what did the host read and write?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .accesses import accesses, given_to, leaves_content, made_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .execution_trace import Node
    from .joined import Joined
    from .tensors import Extent


class Silent(NamedTuple):
    """What one such operator did, from when it began until it ended."""

    began_ns: int
    ended_ns: int
    makes: list[Extent]
    """results in memory that was given out"""
    reads: list[Extent]
    """in the memory of the host"""
    writes: list[Extent]
    """in the memory of the host that was there before"""


def silent_operators(joined: Joined, since_ns: int) -> Iterator[Silent]:
    """Those that did anything and ended after a time, in any order."""
    for number, (began_ns, ended_ns) in joined.ran.items():
        node = joined.nodes[number]
        if ended_ns < since_ns or number in joined.around or (node.schema is not None and node.schema.is_view):
            continue
        makes = made_by(node)
        reads, writes = _on_host(node) if node.mentions_host and not leaves_content(node) else ([], [])
        if makes or reads or writes:
            yield Silent(began_ns, ended_ns, makes, reads, writes)


def _on_host(node: Node) -> tuple[list[Extent], list[Extent]]:
    """What it reads and writes there; an operator without a schema may write all that it was given."""
    found = accesses(node)
    reads, writes = (found.reads, found.writes) if found else (given_to(node),) * 2
    return [part for part in reads if part.device == "cpu"], [part for part in writes if part.device == "cpu"]
