"""Reading an execution trace: what PyTorch's `ExecutionTraceObserver` writes of each operator, its tensors above all.

A node has the operator's name, its schema, the number of the call that a trace calls "Record function id", and the
tensors that went in and came out: ``[tensor, storage, offset, elements, bytes of an element, device]``. The id of a
storage stands for its address: memory that is given out again has the id that it had before.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from ..errors import TraceUnreadable
from ..places import place
from ..readers.base.gunzip import MAGIC
from .schema import Schema, schema_of
from .tensors import Opaque, Values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    from ..places import Place

RECORD_AGAIN = "record it again, and stop the observer before the process ends"
_LARGEST = 2**63


class _Attribute(msgspec.Struct, gc=False):
    name: str
    value: int | str | float | bool | None = None


class _Node(msgspec.Struct, gc=False):
    name: str
    inputs: msgspec.Raw
    outputs: msgspec.Raw
    attrs: list[_Attribute]


class _File(msgspec.Struct):
    schema: str
    pid: int
    nodes: list[_Node]


# Not known to the garbage collector, which would otherwise go through all of them again and again.
class Node(msgspec.Struct, gc=False, eq=False):
    """One call of an operator. What went in and came out is decoded each time it is asked for."""

    number: int
    """of the call, that `HostOperators.record_function` has"""
    name: str
    schema: Schema | None
    """None where it has none, as functions of autograd and named ranges"""
    backend: str
    """``triton`` for its kernels, else empty"""
    given: msgspec.Raw
    returned: msgspec.Raw

    @property
    def inputs(self) -> Values:
        """Its arguments; raises `Opaque` where they have another form."""
        return _values(self.given)

    @property
    def outputs(self) -> Values:
        """Its results, in the same way."""
        return _values(self.returned)

    @property
    def mentions_host(self) -> bool:
        """Whether any argument can be in the memory of the host: cheaper to ask than to decode them."""
        return b'"cpu"' in bytes(self.given)


_VALUES, _FILE = msgspec.json.Decoder(Values), msgspec.json.Decoder(_File)
_NAME = re.compile(rb'("id": \d+, "name": )"(.*?)"(, "ctrl_deps": \d+,\s*"inputs":)', re.DOTALL)


def _values(data: msgspec.Raw) -> Values:
    try:
        return _VALUES.decode(data)
    except msgspec.ValidationError:
        raise Opaque from None


@dataclass(frozen=True, slots=True, eq=False)
class ExecutionTrace:
    """The operators of one process, in the order in which they ended."""

    path: str
    pid: int
    nodes: Mapping[int, Node]
    """by the number of the call"""


def read_execution_trace(path: str | PathLike[str] | Place) -> ExecutionTrace:
    """The execution trace in a JSON file, with or without gzip.

    Raises `TraceUnreadable` for a file that is none, that ends too early, or whose nodes have no number of the call.
    """
    return execution_trace_of(_content(place(path)), path)


def execution_trace_of(data: bytes, path: str | PathLike[str] | Place) -> ExecutionTrace:
    """The same of the JSON in such a file; ``path`` is for what is said of it."""
    read = _decoded(data, path)
    nodes: dict[int, Node] = {}
    for one in read.nodes:
        told = {attribute.name: attribute.value for attribute in one.attrs}
        schema, backend = schema_of(str(told.get("op_schema", ""))), str(told.get("kernel_backend", ""))
        number = told.get("rf_id")
        if isinstance(number, int) and 0 < number < _LARGEST:
            nodes[number] = Node(number, one.name, schema, backend, one.inputs, one.outputs)
    if not nodes:
        problem = "no operator in it has the number of its call"
        raise TraceUnreadable(path, problem, "record it with PyTorch 2.8 or later")
    return ExecutionTrace(str(path), read.pid, nodes)


def _decoded(data: bytes, path: str | PathLike[str] | Place) -> _File:
    try:
        return _FILE.decode(data)
    except msgspec.ValidationError as error:
        problem = f"it is not an execution trace of PyTorch ({error})"
        raise TraceUnreadable(path, problem, "give the file that ExecutionTraceObserver wrote") from None
    except msgspec.DecodeError:
        return _decoded_with_names_escaped(data, path)


def _decoded_with_names_escaped(data: bytes, path: str | PathLike[str] | Place) -> _File:
    """PyTorch (2.13) writes the name of a range as it is, also with quotes and line ends in it."""

    def escaped(found: re.Match[bytes]) -> bytes:
        return found[1] + msgspec.json.encode(found[2].decode(errors="replace")) + found[3]

    try:
        return _FILE.decode(_NAME.sub(escaped, data))
    except msgspec.DecodeError as error:
        raise TraceUnreadable(path, f"it is not whole JSON ({error})", RECORD_AGAIN) from None


def _content(path: Place) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TraceUnreadable(path, f"cannot be read ({error.strerror or error})", "check the name") from None
    if not data.startswith(MAGIC):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise TraceUnreadable(path, f"its gzip data is damaged ({error})", RECORD_AGAIN) from None
