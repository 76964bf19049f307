"""Which process group, bytes and place in the group's order each collective has: arguments for the kernels' rows.

At the default level torch.profiler does not record them (``record_param_comms`` is an operator), but NCCL says them in
its NVTX ranges. A kernel is of the call in which it was launched.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.vocabulary.kineto import Argument

from ..cupti_recording.records import ActivityKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..cupti_recording.records import RecordedActivities
    from ..nvtx_recording.nccl import Launch, Operation

    Groups = Mapping[int, Sequence[int]]
    """by communicator, its ranks in the job"""

_MOST_LISTED = 30


def arguments(activities: RecordedActivities, launches: Iterable[Launch], groups: Groups) -> dict[int, str]:
    """By correlation, what a kernel's row says besides: JSON, ``"Collective name": "AllReduce", ...``.

    Names are Kineto's where it has one. A group's name is NCCL's number of the communicator. Where a launch is of
    several operations, or made several kernels, what is true of the whole launch alone is left out.
    """
    kernels = _launched(activities)
    found: dict[int, str] = {}
    by_thread: dict[int, list[Launch]] = {}
    for launch in launches:
        by_thread.setdefault(launch.thread, []).append(launch)
    for thread, own in by_thread.items():
        calls = kernels[kernels["thread"] == thread]
        places = np.searchsorted([launch.start_ns for launch in own], calls["start_ns"], side="right") - 1
        for place in np.unique(places[places >= 0]).tolist():
            inside = calls[(places == place) & (calls["start_ns"] < own[place].end_ns)]["correlation"].tolist()
            if text := _arguments(own[place].operations, len(inside), groups):
                found |= dict.fromkeys(inside, text)
    return found


def _launched(activities: RecordedActivities) -> NDArray[np.void]:
    """The calls that launched kernels of NCCL, in the order of their starts."""
    nccl = [number for number, text in activities.names.items() if "nccl" in text.lower()]
    if not nccl:  # looking through all records takes a while
        return activities.records[:0]
    kernels = activities.of(ActivityKind.CONCURRENT_KERNEL)
    calls = activities.of(ActivityKind.RUNTIME, ActivityKind.DRIVER)
    correlations = kernels["correlation"][np.isin(kernels["name"], nccl)]
    return calls[np.isin(calls["correlation"], correlations)]


def _listed(ranks: Sequence[int]) -> list[int] | str:
    """As Kineto has them: of many the first, and the last."""
    if len(ranks) <= _MOST_LISTED:
        return list(ranks)
    return f"[{', '.join(map(str, ranks[:_MOST_LISTED]))}, ..., {ranks[-1]}]"


def _arguments(operations: Sequence[Operation], kernels: int, groups: Groups) -> str:
    communicators = {operation.communicator for operation in operations}
    if not kernels or len(communicators) != 1:
        return ""
    (communicator,) = communicators
    args: dict[str, object] = {Argument.COLLECTIVE: "+".join(dict.fromkeys(each.name for each in operations))}
    if communicator:
        args[Argument.GROUP] = f"{communicator:#018x}"
        if communicator in groups:
            args |= {Argument.GROUP_RANKS: _listed(groups[communicator]), "Group size": len(groups[communicator])}
    if kernels == 1:
        sequences = [operation.sequence for operation in operations if operation.sequence >= 0]
        args |= {Argument.SEQUENCE: min(sequences)} if sequences else {}
        args[Argument.BYTES] = sum(operation.size for operation in operations)
    return json.dumps(args)[1:-1]
