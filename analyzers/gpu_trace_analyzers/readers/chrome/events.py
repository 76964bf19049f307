"""One event of Chrome's JSON format, with the fields that any reader here uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

_NONE = msgspec.Raw(b"")
Id = int | str | None
"""Ids come as integers, of up to 64 bits and more, and as strings: ``7``, ``"stream 7"``, ``"Spans"``."""


class Args(msgspec.Struct, gc=False, frozen=True):
    """What the ``args`` of an event may hold. A field that an event does not have keeps its default."""

    correlation: Id = None
    operator: Id = msgspec.field(default=None, name="External id")
    device: Id = None
    stream: Id = None
    context: Id = None
    bytes: Id = None
    grid: msgspec.Raw = _NONE
    block: msgspec.Raw = _NONE
    collective: Id = msgspec.field(default=None, name="Collective name")
    group: Id = msgspec.field(default=None, name="Process Group Name")
    group_ranks: msgspec.Raw = msgspec.field(default=_NONE, name="Process Group Ranks")
    sequence: Id = msgspec.field(default=None, name="Seq")
    from_device: Id = msgspec.field(default=None, name="fromDevice")
    in_device: Id = msgspec.field(default=None, name="inDevice")
    to_device: Id = msgspec.field(default=None, name="toDevice")
    graph: Id = msgspec.field(default=None, name="graph id")
    graph_node: Id = msgspec.field(default=None, name="graph node id")
    wait_on_stream: Id = None
    awaited_correlation: Id = msgspec.field(default=None, name="wait_on_cuda_event_record_corr_id")
    name: Id = None
    labels: Id = None
    domain: Id = None
    category: Id = None
    color: Id = None
    payload: Id = None
    thread: Id = None
    scope: Id = None
    process: Id = None
    engine: Id = msgspec.field(default=None, name="gpu_trace_engine")
    correlation_id: Id = None
    memcpy_details: Id = None
    memset_details: Id = None
    group_id: Id = None
    step_num: Id = None


NO_ARGS = Args()


class CallArgs(msgspec.Struct, gc=False, frozen=True):
    """Of `Args`, what a call has."""

    correlation: Id = None


class WorkArgs(msgspec.Struct, gc=False, frozen=True):
    """Of `Args`, what work of a device has."""

    device: Id = None
    stream: Id = None
    context: Id = None
    process: Id = None
    engine: Id = msgspec.field(default=None, name="gpu_trace_engine")
    correlation: Id = None
    operator: Id = msgspec.field(default=None, name="External id")
    grid: msgspec.Raw = _NONE
    block: msgspec.Raw = _NONE
    collective: Id = msgspec.field(default=None, name="Collective name")
    group: Id = msgspec.field(default=None, name="Process Group Name")
    group_ranks: msgspec.Raw = msgspec.field(default=_NONE, name="Process Group Ranks")
    sequence: Id = msgspec.field(default=None, name="Seq")
    bytes: Id = None
    from_device: Id = msgspec.field(default=None, name="fromDevice")
    in_device: Id = msgspec.field(default=None, name="inDevice")
    to_device: Id = msgspec.field(default=None, name="toDevice")
    graph: Id = msgspec.field(default=None, name="graph id")
    graph_node: Id = msgspec.field(default=None, name="graph node id")


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


def texts(raws: Iterable[msgspec.Raw]) -> bytes:
    """Undecoded values one behind the other, each ended by a zero byte, which no JSON has."""
    each = cast("Iterable[bytes]", raws)  # a Raw is a buffer, which is what join wants; its stub does not say so
    return b"\0".join([*each, b""])
