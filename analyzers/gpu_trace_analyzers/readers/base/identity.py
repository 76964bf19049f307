"""Which device is a row's? Every process counts its GPUs from 0, so one number can mean several devices of a file."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from ...errors import TraceUnreadable
from ...model import MISSING, Device

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...model import DeviceWork, HostCalls, Int64, Process
    from ...places import Place

DeviceKind = Literal["gpu", "cpu"]


class DeviceKey(NamedTuple):
    """What a row says of its device. ``label`` is the process id of the row itself, where the format has one."""

    kind: DeviceKind
    number: int
    label: int | str | None = None


def owners(keys: Iterable[DeviceKey]) -> dict[DeviceKey, str | None]:
    """For each key the text that tells its device from others of that number; empty where nothing need be told apart.

    None for a key without a label, of a number that several devices have. In a file of one process the rows of a device
    stand under the device's own number. Rows of one device number that stand under several other process ids are of
    several processes, whose files were merged into one.
    """
    labels: defaultdict[tuple[DeviceKind, int], set[int | str]] = defaultdict(set)
    for key in keys:
        if key.label is not None:
            labels[key.kind, key.number].add(key.label)
    numbers = {index for _, index in labels}
    several = {
        device for device, found in labels.items() if len(found) > 1 and any(label not in numbers for label in found)
    }
    return {key: _owner(key.label) if (key.kind, key.number) in several else "" for key in keys}


def _owner(label: int | str | None) -> str | None:
    return f"process {label}" if isinstance(label, int) else label


class Apart(NamedTuple):
    """Devices told apart by process. ``place`` is the device of each row of work, ``moved`` of each former position."""

    devices: tuple[Device, ...]
    place: Int64
    moved: Int64


def apart_by_process(
    work: DeviceWork, calls: HostCalls, devices: tuple[Device, ...], processes: tuple[Process, ...], path: Place
) -> Apart:
    """A device for each process that launched work of one number.

    Work whose process is not known stays where one process alone launched the rest of its device; elsewhere it belongs
    to no known device, and neither does what speaks of the former device without saying whose.
    Raises `TraceUnreadable` where two processes use one correlation id for different launches on what may be one device
    or two.
    """
    place, moved = np.full(len(work), MISSING), np.full(len(devices) + 1, MISSING)
    fresh: list[Device] = []
    known, several = work.process != MISSING, len(np.unique(calls.process)) > 1
    for position, device in enumerate(devices):
        own = work.device == position
        launchers = np.unique(work.process[own & known]).tolist()
        if several and not device.owner and _claimed_twice(work[own & ~known], calls):
            raise _not_told_apart(path, device)
        if len(launchers) < 2:
            moved[position] = place[own] = len(fresh)
            fresh.append(device)
            continue
        for process in launchers:
            place[own & (work.process == process)] = len(fresh)
            fresh.append(replace(device, owner=f"process {processes[process].pid}"))
    return Apart(tuple(fresh), place, moved)


def _not_told_apart(path: Place, device: Device) -> TraceUnreadable:
    return TraceUnreadable(
        path,
        f"has rows of several processes on {device.label}, under one process id and with equal correlation ids, so that"
        " nothing tells them apart",
        "give a folder with a trace for each process, named after its rank (rank0.json, rank1.json)",
    )


def _claimed_twice(work: DeviceWork, calls: HostCalls) -> bool:
    """Whether two processes have a call of the correlation id of any of this work."""
    pairs = np.unique(np.stack((calls.correlation, calls.process.astype(np.int64))), axis=1)
    ids, users = np.unique(pairs[0], return_counts=True)
    return bool(np.isin(work.correlation[work.correlation != MISSING], ids[users > 1]).any())


def fill_contexts(work: DeviceWork) -> None:
    """Give rows without a context, in place, the only one in which the number of their stream is used.

    A copy between devices has none in Kineto's files, though it is in a stream like any other.
    """
    without = work.context == MISSING
    if without.all() or not without.any():
        return
    mine = (work.device, work.process, work.stream)
    for stream in set(zip(*(column[without].tolist() for column in mine), strict=True)):
        own = np.logical_and.reduce([column == value for column, value in zip(mine, stream, strict=True)])
        contexts = np.unique(work.context[own & ~without])
        if len(contexts) == 1:
            work.context[own] = contexts[0]
