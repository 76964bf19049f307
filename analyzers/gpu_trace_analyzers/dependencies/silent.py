"""What did the operators do that launched nothing: what memory did they give out, what did the host read and write?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .accesses import Accesses, accesses, given_to, looks_at_content, made_by
from .schema import schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .execution_trace import Node
    from .joined import Joined
    from .tensors import Extent


class Silent(NamedTuple):
    """One such operator."""

    ended_ns: int
    makes: dict[int, str]
    """storages that it made, with their devices"""
    reads: list[Extent]
    """in the memory of the host"""
    writes: list[Extent]
    """likewise, without those that it made"""


def silent_operators(joined: Joined) -> Iterator[Silent]:
    """Those that matter, in any order."""
    nodes = joined.execution.by_id
    calling = {node.caller for node in nodes.values()}
    around = _around_launches(joined)
    for id_, (_, ended_ns) in joined.ran.items():
        node = nodes[id_]
        if id_ in around:
            continue
        # Of an operator that calls others, the one it calls is seen making what comes out of both.
        makes = made_by(node) if id_ not in calling and _makes(node) else {}
        touched = _on_host(node) if node.mentions_host and looks_at_content(node) else Accesses([], [])
        if makes or touched.reads or touched.writes:
            yield Silent(ended_ns, makes, touched.reads, [part for part in touched.writes if part.storage not in makes])


def _makes(node: Node) -> bool:
    schema = schema_of(node.schema)
    return schema is not None and (schema.makes or not schema.is_view)


def _on_host(node: Node) -> Accesses:
    """What it touches there; an operator without a schema may write all that it was given."""
    found = accesses(node)
    if found is None:
        given = given_to(node)
        found = Accesses(given, given)
    return Accesses(*([part for part in parts if part.device == "cpu"] for parts in found))


def _around_launches(joined: Joined) -> set[int]:
    """The operators that launched something, themselves or in one that they called."""
    found: set[int] = set()
    for node in joined.launching.values():
        at: Node | None = node
        while at is not None and at.id not in found:
            found.add(at.id)
            at = joined.caller(at)
    return found
