"""One event of Chrome's JSON format, with the fields that any reader here uses."""

from __future__ import annotations

import msgspec

from ...model import MISSING

_NONE = msgspec.Raw(b"")
Id = int | str | None
"""Ids come as integers, of up to 64 bits and more, and as strings: ``7``, ``"stream 7"``, ``"Spans"``."""


class Args(msgspec.Struct, gc=False, frozen=True):
    """What the ``args`` of an event may hold. A field that an event does not have keeps its default."""

    correlation: Id = MISSING
    device: Id = MISSING
    stream: Id = MISSING
    bytes: Id = MISSING
    grid: msgspec.Raw = _NONE
    block: msgspec.Raw = _NONE
    collective: Id = msgspec.field(default=None, name="Collective name")
    from_device: Id = msgspec.field(default=MISSING, name="fromDevice")
    in_device: Id = msgspec.field(default=MISSING, name="inDevice")
    to_device: Id = msgspec.field(default=MISSING, name="toDevice")
    wait_on_stream: Id = MISSING
    awaited_correlation: Id = msgspec.field(default=MISSING, name="wait_on_cuda_event_record_corr_id")
    name: Id = None
    labels: Id = None
    domain: Id = None
    category: Id = None
    color: Id = None
    payload: Id = None
    thread: Id = MISSING
    correlation_id: Id = MISSING
    memcpy_details: Id = None
    memset_details: Id = None
    group_id: Id = None
    step_num: Id = None


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
