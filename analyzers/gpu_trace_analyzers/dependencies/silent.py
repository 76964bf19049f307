"""What did the operators do that launched nothing: what memory was given out, what did the host read and write?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .accesses import Accesses, accesses, given_to, leaves_content, made_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .joined import Joined
    from .tensors import Extent

_NOTHING = Accesses([], [], [], [])


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
    told: bool
    """whether it is known which of them it read, and which it wrote"""


def silent_operators(joined: Joined, since_ns: int) -> Iterator[Silent]:
    """Those that did anything and ended after a time, in any order."""
    for number, (began_ns, ended_ns) in joined.ran.items():
        node = joined.nodes[number]
        if ended_ns < since_ns or number in joined.around or (node.schema is not None and node.schema.is_view):
            continue
        makes = made_by(node)
        found = accesses(node) if node.mentions_host and not leaves_content(node) else _NOTHING
        # An operator without a schema may write all that it was given.
        reads, writes = (found.reads, found.writes) if found else (given_to(node),) * 2
        reads, writes = _on_host(reads), _on_host(writes)
        if makes or reads or writes:
            yield Silent(began_ns, ended_ns, makes, reads, writes, found is not None)


def _on_host(parts: list[Extent]) -> list[Extent]:
    return [part for part in parts if part.device == "cpu"]
