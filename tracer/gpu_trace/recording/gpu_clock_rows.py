"""Clocks, power and throttle reasons of the GPUs of a process as rows of counters: what `gpu_clocks` wrote."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.vocabulary.gpu_counters import UNITS
from gpu_trace_analyzers.vocabulary.kineto import Category, Key

from ..nvtx_recording.kineto_rows import microseconds
from .gpu_clocks import COUNTERS, DEVICES, VALUE, VALUES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path


def chrome_rows(
    raw: Path, pid: int, devices: Iterable[Mapping[str, Any]], windows: list[tuple[int, int]], base_ns: int
) -> Iterator[dict[str, Any]]:
    """The values as rows of counters of a process, whose times count from ``base_ns``.

    ``devices`` are its GPUs as Kineto describes them: a number, and a UUID by which NVML knows the GPU too. ``windows``
    say when it was recorded, in ns since 1970; values from before and after are left out. The latest before stands when
    recording begins.
    """
    numbers = {device.get("uuid"): device["id"] for device in devices if "id" in device}
    uuids = _uuids(raw)
    latest: dict[tuple[int, int], int] = {}
    first_ns = min((start_ns for start_ns, _ in windows), default=0)
    last_ns = max((end_ns for _, end_ns in windows), default=1 << 63)
    for value, at_ns, place, counter in _values(raw):
        number = numbers.get(uuids[place]) if place < len(uuids) and uuids[place] else None
        if number is None or at_ns > last_ns:
            continue
        if at_ns < first_ns:
            latest[number, counter] = value
            continue
        earlier = latest.pop((number, counter), None)
        if earlier is not None and at_ns > first_ns:
            yield _row(pid, number, counter, earlier, first_ns, base_ns)
        yield _row(pid, number, counter, value, at_ns, base_ns)
    for (number, counter), earlier in latest.items():
        yield _row(pid, number, counter, earlier, first_ns, base_ns)


def _uuids(raw: Path) -> list[str]:
    with suppress(OSError, ValueError):
        return [str(uuid) for uuid in json.loads((raw / DEVICES).read_text())]
    return []


def _values(raw: Path) -> Iterator[tuple[int, int, int, int]]:
    with suppress(OSError):
        data = (raw / VALUES).read_bytes()
        yield from VALUE.iter_unpack(data[: len(data) // VALUE.size * VALUE.size])


def _row(pid: int, device: int, counter: int, value: int, at_ns: int, base_ns: int) -> dict[str, Any]:
    name = COUNTERS[counter]
    unit = UNITS[name]
    return {
        "ph": "C",
        "cat": Category.COUNTER,
        "name": name,
        "pid": pid,
        "tid": 0,
        "ts": microseconds(at_ns - base_ns),
        "args": {unit or "value": value},
        Key.RECORDED: {"unit": unit, "value": value, "device": device},
    }
