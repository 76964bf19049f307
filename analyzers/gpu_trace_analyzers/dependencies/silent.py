"""What did the operators do that launched nothing: what memory was given out, what did the host read and write?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .accesses import accesses, given_to, is_view, looks_at_content, made_by

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
    """likewise, in memory that was there before"""


def silent_operators(joined: Joined) -> Iterator[Silent]:
    """Those that did anything, in any order."""
    nodes = joined.execution.by_id
    calling = {node.caller for node in nodes.values()}
    around = _around_launches(joined)
    for id_, (began_ns, ended_ns) in joined.ran.items():
        node = nodes[id_]
        if id_ in around:
            continue
        # What comes out of an operator that calls others was made by one of those.
        makes = made_by(node) if node.schema and id_ not in calling and not is_view(node) else []
        reads, writes = _on_host(node) if node.mentions_host and looks_at_content(node) else ([], [])
        if makes or reads or writes:
            made = {part.storage for part in makes}
            yield Silent(began_ns, ended_ns, makes, reads, [part for part in writes if part.storage not in made])


def _on_host(node: Node) -> tuple[list[Extent], list[Extent]]:
    """What it reads and writes there; an operator without a schema may write all that it was given."""
    found = accesses(node)
    reads, writes = (found.reads, found.writes) if found else (given_to(node),) * 2
    return [part for part in reads if part.device == "cpu"], [part for part in writes if part.device == "cpu"]


def _around_launches(joined: Joined) -> set[int]:
    """The operators that launched something, themselves or in one that they called."""
    found: set[int] = set()
    for node in joined.launching.values():
        at: Node | None = node
        while at is not None and at.id not in found:
            found.add(at.id)
            at = joined.caller(at)
    return found
