"""What do the kernels of an operator read, and what do they write?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .roles import Role, roles
from .tensors import Opaque, extents, may_hide_tensors

if TYPE_CHECKING:
    from .execution_trace import Node
    from .schema import Schema
    from .tensors import Extent, Values

_LOOKS_AT_SHAPES = re.compile(
    r"aten::(\w+_like|new_\w+|(as_strided|t|transpose|swapaxes|swapdims|squeeze|unsqueeze|detach|resize|resize_as|set)_)$"
)
"""Operators that look at the shape of an argument, or change it, and leave its content."""


@dataclass(frozen=True, slots=True)
class Accesses:
    """The parts of storages that an operator touches."""

    reads: list[Extent]
    writes: list[Extent]
    made: list[Extent]
    """of what it writes, results in memory that was given out"""
    replaced: list[Extent]
    """of what it writes, arguments in storages of which it reads nothing"""


def accesses(node: Node) -> Accesses | None:
    """What an operator touches; None where its arguments do not tell."""
    try:
        inputs = node.inputs
        arguments, results = extents(inputs), _all(node.outputs)
    except Opaque:
        return None
    given = [extent for one in arguments for extent in one]
    # The objects that collectives are given are groups of processes.
    hidden = may_hide_tensors(inputs) and not node.name.startswith("c10d::")
    if hidden or not (given or results):
        return None
    if node.schema is None:
        return _without_schema(node, given, results)
    reads, writes = _of_arguments(node, node.schema, arguments)
    new = _new(given, results)
    replaced = []
    if writes:
        read = {extent.storage for extent in reads}
        replaced = [extent for extent in writes if extent.storage not in read]
    made = new if _gives_out_memory(node) else []
    return Accesses(reads, writes + (results if node.schema.makes else new), made, replaced)


def made_by(node: Node) -> list[Extent]:
    """The results of an operator in memory that was given out."""
    if not _gives_out_memory(node):
        return []
    try:
        return _new(_all(node.inputs), _all(node.outputs))
    except Opaque:
        return []


def given_to(node: Node) -> list[Extent]:
    """All that went in, as far as that is told."""
    try:
        return _all(node.inputs)
    except Opaque:
        return []


def leaves_content(node: Node) -> bool:
    """Whether an operator neither reads nor writes what its arguments hold: it makes views, or looks at shapes."""
    return (node.schema is not None and node.schema.is_view) or _LOOKS_AT_SHAPES.match(node.name) is not None


def _of_arguments(node: Node, schema: Schema, arguments: list[list[Extent]]) -> tuple[list[Extent], list[Extent]]:
    reads, writes = [], []
    for role, one in zip(roles(node.name, schema), arguments, strict=False):
        if one and role is Role.READ:
            reads += one
        elif one:
            # What is written between the elements of a view that is spaced out stays: as if it was read.
            reads += [extent for extent in one if role is not Role.REPLACED or not extent.dense]
            writes += one if role is not Role.CHANGED_IN_TRAINING or _trains(node, schema) else []
    return reads, writes


def _trains(node: Node, schema: Schema) -> bool:
    names = [argument.name for argument in schema.arguments]
    return "training" not in names or node.inputs.values[names.index("training")] is not False


def _new(given: list[Extent], results: list[Extent]) -> list[Extent]:
    """Results that are in the memory of no argument: as usual, or because an argument grew, as in ``resize_``."""
    went_in = {extent.storage for extent in given}
    return [extent for extent in results if extent.storage not in went_in]


def _gives_out_memory(node: Node) -> bool:
    """Whether new results are in memory that was just given out.

    Operators of others ask ATen for memory, and what else they return may be a buffer that they keep. ``set_`` gives a
    tensor memory that was there.
    """
    return node.name.startswith("aten::") and not node.name.startswith("aten::set_")


def _without_schema(node: Node, given: list[Extent], results: list[Extent]) -> Accesses | None:
    """Kernels of Triton and collectives touch what they are given; other code without a schema may touch anything."""
    if node.backend == "triton":
        return Accesses(given + results, given + results, [], [])
    if node.name == "record_param_comms":
        return Accesses(given, results or given, [], [])
    return None


def _all(values: Values) -> list[Extent]:
    return [extent for one in extents(values) for extent in one]
