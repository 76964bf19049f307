"""What does an operator read, and what does it write? By its schema, and by what schemas keep to themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .schema import schema_of
from .tensors import Opaque, extents

if TYPE_CHECKING:
    from .execution_trace import Node, Values
    from .schema import Schema
    from .tensors import Extent

_REPLACES = re.compile(
    r"aten::(_foreach_)?(copy|fill|zero|normal|uniform|random|bernoulli|exponential|geometric|cauchy|log_normal)_$"
)
"""Operators that write ``self`` and do not read it. Others that write an argument are taken to read it, too."""

_ONLY_RESULT = re.compile(r"out\d*$")
"""Arguments that only take a result, as ATen names them."""

_LOOKS_AT_NO_CONTENT = re.compile(r"aten::(\w+_like|new_\w+)$")
"""Operators that look at the shape of an argument alone."""

_STATISTICS = re.compile(r"aten::(native|cudnn|miopen)_batch_norm$|aten::batch_norm_(update|gather)_stats\w*$")
"""Operators that write ``running_mean`` and ``running_var`` unless ``training`` is false; their schemas hide it."""

_SENT = frozenset({"input", "inputs", "input_tensor", "input_tensors"})
"""Arguments that a collective only reads. The schemas of c10d mark none as written."""


class Accesses(NamedTuple):
    """The parts of storages that an operator reads and writes."""

    reads: list[Extent]
    writes: list[Extent]


def made_by(node: Node) -> dict[int, str]:
    """The storages that came out of an operator and had not gone in, with their devices: memory that was given out.

    Results that share the memory of an argument are among them where it grew, as in ``resize_``, or was copied, as in
    ``to``. Without a schema, a result may have been there before.
    """
    if schema_of(node.schema) is None or node.name.startswith("aten::set_"):
        return {}
    try:
        went_in = {extent.storage for extent in _flat(node.inputs)}
        return {e.storage: e.device for e in _flat(node.outputs) if e.storage not in went_in}
    except Opaque:
        return {}


def accesses(node: Node) -> Accesses | None:
    """What the kernels of an operator touch; None where its arguments do not tell."""
    try:
        arguments, results = extents(node.inputs), _flat(node.outputs)
    except Opaque:
        return None
    given = [extent for one in arguments for extent in one]
    if not given and not results:
        return None
    schema = schema_of(node.schema)
    if schema is None:
        return _without_schema(node, given, results)
    written = _written(node, schema)
    reads = [e for i, one in enumerate(arguments) for e in one if written.get(i) != _REPLACED or not e.dense]
    writes = [e for i, one in enumerate(arguments) for e in one if i in written]
    went_in = {extent.storage for extent in given}
    return Accesses(reads, writes + [e for e in results if schema.makes or e.storage not in went_in])


def given_to(node: Node) -> list[Extent]:
    """All that went in, as far as that is told."""
    try:
        return _flat(node.inputs)
    except Opaque:
        return []


def _flat(values: Values) -> list[Extent]:
    return [extent for one in extents(values) for extent in one]


_CHANGED, _REPLACED = 1, 2


def _written(node: Node, schema: Schema) -> dict[int, int]:
    """By position, the arguments that it writes: `_CHANGED` for those that it may read, too, else `_REPLACED`."""
    found = {}
    replaces = _REPLACES.match(node.name) is not None
    for i, argument in enumerate(schema.arguments):
        if argument.written:
            alone = (replaces and i == 0) or _ONLY_RESULT.match(argument.name)
            found[i] = _REPLACED if alone else _CHANGED
        elif _is_written_unsaid(node, schema, argument.name):
            found[i] = _CHANGED
    return found


def _is_written_unsaid(node: Node, schema: Schema, argument: str) -> bool:
    if node.name.startswith("c10d::"):
        return argument not in _SENT and not node.name.startswith("c10d::send")
    if argument in ("running_mean", "running_var") and _STATISTICS.match(node.name):
        return _value(node, schema, "training") is not False
    return False


def _value(node: Node, schema: Schema, name: str) -> object:
    """The value of an argument; None if it has none of this name."""
    places = [i for i, argument in enumerate(schema.arguments) if argument.name == name]
    values = node.inputs.values
    return values[places[0]] if places and places[0] < len(values) else None


def _without_schema(node: Node, given: list[Extent], results: list[Extent]) -> Accesses | None:
    """Kernels of Triton and collectives touch what they are given; other code without a schema may touch anything."""
    if node.backend == "triton":
        return Accesses(given + results, given + results)
    if node.name == "record_param_comms":
        return Accesses(given, results or given)
    return None


def looks_at_content(node: Node) -> bool:
    """Whether an operator of the host reads the content of its arguments, or only looks at or makes tensors of it."""
    schema = schema_of(node.schema)
    return not _LOOKS_AT_NO_CONTENT.match(node.name) and (schema is None or not schema.is_view)
