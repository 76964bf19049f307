"""What stands in front of the events of ``trace.json.gz``: Kineto's own head, and what it could not say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from gpu_trace_analyzers.readers.folders.jobs import LAUNCHER
from gpu_trace_analyzers.vocabulary.kineto import Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gpu_trace_analyzers.readers.kineto.document import StatedDependencies, StatedWindow

    from .kineto_text import KinetoText

_HEAD = f'{{"{Key.SCHEMA}": 1, "{Key.UNIT}": "ms", "{Key.BASE_NS}": %d,\n'.encode()
_DEVICES = re.compile(rb'("%b"\s*:\s*)\[[^\[\]]*\]' % Key.DEVICES.encode())


def head(parts: Sequence[KinetoText], base_ns: int, devices: Sequence[Mapping[str, Any]]) -> bytes:
    """That of the first session with the UUIDs of GPUs, which Kineto does not say, and with GPUs where it knew none.

    ``devices`` describe them as the process did; where there was no session, it is a head with the clock alone.
    """
    text = parts[0].head if parts else _HEAD % base_ns
    uuids = {device["id"]: device["uuid"] for device in devices if {"id", "uuid"} <= device.keys()}
    found = _DEVICES.search(text)
    if found is None or not devices:
        return text
    known = parts[0].devices or devices
    told = [{**device, "uuid": uuids[device["id"]]} if device.get("id") in uuids else device for device in known]
    return text[: found.end(1)] + msgspec.json.encode(told) + text[found.end() :]


def stated(windows: Sequence[StatedWindow], dependencies: Sequence[StatedDependencies] = ()) -> bytes:
    """The key with what Kineto has no key for, its times on the clock of the rows; nothing where that says nothing."""
    said = {"windows": windows, "dependencies": dependencies}
    if not any(said.values()):
        return b""
    return b'"%b": %b,\n' % (
        Key.STATED.encode(),
        msgspec.json.encode({name: value for name, value in said.items() if value}),
    )


def distributed(info: Mapping[str, object] | None) -> bytes:
    """The key that torch.profiler writes for a rank; nothing for a process that is none."""
    return b'"%b": %b,\n' % (Key.DISTRIBUTED.encode(), msgspec.json.encode(info)) if info else b""


def of_host(name: str) -> bytes:
    """The key with the machine, by which the clocks of a job's ranks are told apart."""
    return b'"%b": %b,\n' % (Key.HOST.encode(), msgspec.json.encode(name))


def of_run(name: str) -> bytes:
    """The key by which traces of one run, or of one job, are known to belong together wherever they are copied to."""
    return b'"%b": %b,\n' % (LAUNCHER.encode(), msgspec.json.encode(name)) if name else b""


def of_process(name: str) -> bytes:
    """The key with what to call the process; nothing for one that has a rank, or a run of its own."""
    return b'"%b": %b,\n' % (Key.PROCESS.encode(), msgspec.json.encode(name)) if name else b""
