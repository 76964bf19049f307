"""What do the kernels of an operator read, and what do they write?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .roles import Role, roles
from .schema import schema_of
from .tensors import Opaque, extents

if TYPE_CHECKING:
    from .execution_trace import Node, Values
    from .tensors import Extent

_LOOKS_AT_SHAPES = re.compile(r"aten::(\w+_like|new_\w+)$")
"""Operators that look at the shape of an argument alone."""


@dataclass(frozen=True, slots=True)
class Accesses:
    """The parts of storages that an operator touches."""

    reads: list[Extent]
    writes: list[Extent]
    made: frozenset[int]
    """storages that came out and had not gone in: memory that was given out"""


def accesses(node: Node) -> Accesses | None:
    """What an operator touches; None where its arguments do not tell."""
    try:
        arguments, results = extents(node.inputs), _all(node.outputs)
    except Opaque:
        return None
    given = [extent for one in arguments for extent in one]
    if not given and not results:
        return None
    if not node.schema:
        return _without_schema(node, given, results)
    reads, writes = _of_arguments(node, arguments)
    made = _made(node, given, results)
    schema = schema_of(node.schema)
    makes = schema is not None and schema.makes
    return Accesses(reads, writes + [e for e in results if makes or e.storage in made], made)


def made_by(node: Node) -> list[Extent]:
    """The results of an operator in memory that had not gone in.

    Without a schema none: there, what came out may have been there before.
    """
    if not node.schema:
        return []
    try:
        given, results = _all(node.inputs), _all(node.outputs)
    except Opaque:
        return []
    made = _made(node, given, results)
    return [extent for extent in results if extent.storage in made]


def given_to(node: Node) -> list[Extent]:
    """All that went in, as far as that is told."""
    try:
        return _all(node.inputs)
    except Opaque:
        return []


def is_view(node: Node) -> bool:
    """Whether what comes out is but another tensor of what went in, unless that had to be copied."""
    schema = schema_of(node.schema)
    return schema is not None and schema.is_view


def looks_at_content(node: Node) -> bool:
    """Whether an operator of the host reads what its arguments hold."""
    return not is_view(node) and not _LOOKS_AT_SHAPES.match(node.name)


def _of_arguments(node: Node, arguments: list[list[Extent]]) -> tuple[list[Extent], list[Extent]]:
    reads, writes = [], []
    for role, one in zip(roles(node.name, node.schema), arguments, strict=False):
        if one:
            # What is written between the elements of a view that is spaced out stays: as if it was read.
            reads += [extent for extent in one if role != Role.REPLACED or not extent.dense]
            writes += one if _writes(node, role) else []
    return reads, writes


def _writes(node: Node, role: Role) -> bool:
    if role != Role.CHANGED_IN_TRAINING:
        return role != Role.READ
    schema = schema_of(node.schema)
    names = [argument.name for argument in schema.arguments] if schema else []
    return "training" not in names or node.inputs.values[names.index("training")] is not False


def _made(node: Node, given: list[Extent], results: list[Extent]) -> frozenset[int]:
    """A result in the memory of an argument is not among them, unless that grew, as in ``resize_``."""
    if node.name.startswith("aten::set_"):  # gives a tensor memory that was there
        return frozenset()
    return frozenset({extent.storage for extent in results} - {extent.storage for extent in given})


def _without_schema(node: Node, given: list[Extent], results: list[Extent]) -> Accesses | None:
    """Kernels of Triton and collectives touch what they are given; other code without a schema may touch anything."""
    if node.backend == "triton":
        return Accesses(given + results, given + results, frozenset())
    if node.name == "record_param_comms":
        return Accesses(given, results or given, frozenset())
    return None


def _all(values: Values) -> list[Extent]:
    return [extent for one in extents(values) for extent in one]
