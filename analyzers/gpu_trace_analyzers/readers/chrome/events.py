"""One event of Chrome's JSON format, with the fields that any reader here uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from ...vocabulary.kineto import Argument, Category, Key

if TYPE_CHECKING:
    from collections.abc import Iterable

_NONE = msgspec.Raw(b"")
Id = int | str | None
"""Ids come as integers, of up to 64 bits and more, and as strings: ``7``, ``"stream 7"``, ``"Spans"``."""


class CallArgs(msgspec.Struct, gc=False, frozen=True):
    """What the ``args`` of a call may hold. A field that an event does not have keeps its default."""

    correlation: Id = None


class WorkArgs(msgspec.Struct, gc=False, frozen=True):
    """What those of work of a device may hold."""

    device: Id = None
    stream: Id = None
    context: Id = None
    process: Id = None
    engine: Id = msgspec.field(default=None, name=Argument.ENGINE)
    correlation: Id = None
    operator: Id = msgspec.field(default=None, name=Argument.OPERATOR)
    grid: msgspec.Raw = _NONE
    block: msgspec.Raw = _NONE
    collective: Id = msgspec.field(default=None, name=Argument.COLLECTIVE)
    group: Id = msgspec.field(default=None, name=Argument.GROUP)
    group_ranks: msgspec.Raw = msgspec.field(default=_NONE, name=Argument.GROUP_RANKS)
    sequence: Id = msgspec.field(default=None, name=Argument.SEQUENCE)
    elements_in: Id = msgspec.field(default=None, name=Argument.ELEMENTS_IN)
    elements_out: Id = msgspec.field(default=None, name=Argument.ELEMENTS_OUT)
    element: Id = msgspec.field(default=None, name=Argument.ELEMENT)
    bytes: Id = None
    from_device: Id = msgspec.field(default=None, name=Argument.FROM_DEVICE)
    in_device: Id = msgspec.field(default=None, name=Argument.IN_DEVICE)
    to_device: Id = msgspec.field(default=None, name=Argument.TO_DEVICE)
    graph: Id = msgspec.field(default=None, name=Argument.GRAPH)
    graph_node: Id = msgspec.field(default=None, name=Argument.GRAPH_NODE)


class MemoryArgs(msgspec.Struct, gc=False, frozen=True):
    """What those of an allocation may hold."""

    allocated: Id = msgspec.field(default=None, name=Argument.ALLOCATED)
    reserved: Id = msgspec.field(default=None, name=Argument.RESERVED)
    device_type: Id = msgspec.field(default=None, name=Argument.DEVICE_TYPE)
    device_id: Id = msgspec.field(default=None, name=Argument.DEVICE_ID)


class Args(WorkArgs, gc=False, frozen=True):
    """What those of any event may hold."""

    awaited_stream: Id = msgspec.field(default=None, name=Argument.AWAITED_STREAM)
    awaited_correlation: Id = msgspec.field(default=None, name=Argument.AWAITED_CORRELATION)
    name: Id = None
    labels: Id = None
    domain: Id = None
    category: Id = None
    color: Id = None
    payload: Id = None
    thread: Id = None
    scope: Id = None
    correlation_id: Id = None
    memcpy_details: Id = None
    memset_details: Id = None
    group_id: Id = None
    step_num: Id = None
    shapes: msgspec.Raw = msgspec.field(default=_NONE, name=Argument.SHAPES)
    types: msgspec.Raw = msgspec.field(default=_NONE, name=Argument.TYPES)
    values: msgspec.Raw = msgspec.field(default=_NONE, name=Argument.VALUES)
    record_function: Id = msgspec.field(default=None, name=Argument.RECORD_FUNCTION)
    allocated: Id = msgspec.field(default=None, name=Argument.ALLOCATED)
    reserved: Id = msgspec.field(default=None, name=Argument.RESERVED)
    device_type: Id = msgspec.field(default=None, name=Argument.DEVICE_TYPE)
    device_id: Id = msgspec.field(default=None, name=Argument.DEVICE_ID)
    data: msgspec.Raw = _NONE


NO_ARGS = Args()


class Event(msgspec.Struct, gc=False):
    """One event. ``ts`` and ``dur`` stay text, for a float cannot hold them."""

    ph: str = ""
    cat: str = ""
    name: str = ""
    pid: Id = None
    tid: Id = None
    ts: msgspec.Raw = _NONE
    dur: msgspec.Raw = _NONE
    args: Args = NO_ARGS
    recorded: msgspec.Raw = msgspec.field(default=_NONE, name=Key.RECORDED)


class CallEvent(msgspec.Struct, gc=False):
    """Of `Event`, what a reader uses of a call: fewer fields decode faster."""

    cat: str = ""
    name: str = ""
    pid: Id = None
    tid: Id = None
    ts: msgspec.Raw = _NONE
    dur: msgspec.Raw = _NONE
    args: CallArgs = CallArgs()


class WorkEvent(msgspec.Struct, gc=False):
    """Of `Event`, what a reader uses of work of a device."""

    cat: str = ""
    name: str = ""
    pid: Id = None
    tid: Id = None
    ts: msgspec.Raw = _NONE
    dur: msgspec.Raw = _NONE
    args: WorkArgs = WorkArgs()


class MemoryEvent(msgspec.Struct, gc=False):
    """Of `Event`, what a reader uses of an allocation."""

    cat: str = ""
    name: str = ""
    pid: Id = None
    tid: Id = None
    ts: msgspec.Raw = _NONE
    args: MemoryArgs = MemoryArgs()


class CounterEvent(msgspec.Struct, gc=False):
    """Of `Event`, what a reader uses of a value of a counter."""

    cat: str = ""
    name: str = ""
    pid: Id = None
    ts: msgspec.Raw = _NONE
    recorded: msgspec.Raw = msgspec.field(default=_NONE, name=Key.RECORDED)


EVENT_TYPES: dict[str, type[Any]] = {
    **dict.fromkeys((Category.KERNEL, Category.MEMCPY, Category.MEMSET), WorkEvent),
    **dict.fromkeys((Category.RUNTIME, Category.DRIVER, "xpu_runtime", "xpu_driver"), CallEvent),
    **dict.fromkeys((Category.OPERATOR, Category.ANNOTATION, Category.GPU_ANNOTATION, Category.NVTX), Event),
    **dict.fromkeys((Category.SYNC, Category.OVERHEAD, Category.PYTHON), Event),
    Category.INSTANT: MemoryEvent,
    Category.COUNTER: CounterEvent,
}
"""What a fast way decodes of each category."""


def texts(raws: Iterable[msgspec.Raw]) -> bytes:
    """Undecoded values one behind the other, each ended by a zero byte, which no JSON has."""
    each = cast("Iterable[bytes]", raws)  # a Raw is a buffer, which is what join wants; its stub does not say so
    return b"\0".join([*each, b""])
