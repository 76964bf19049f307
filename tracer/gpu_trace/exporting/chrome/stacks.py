"""Sampled stacks as V8's profiles, which Perfetto, Chrome's developer tools and Speedscope draw as flame graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.vocabulary.stacks import NO_STACK as NO_STACK_NAME
from gpu_trace_analyzers.vocabulary.v8 import (
    CATEGORY,
    CHUNK,
    FIRST_FRAME,
    NO_STACK,
    OWN,
    PHASE,
    PROFILE,
)

from ..timeline.stacks import by_thread, with_callers
from . import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpu_trace_analyzers.model import Frames, Int32, Int64, Samples

_SAMPLES_PER_EVENT = 1024


def stack_events(
    samples: Samples,
    frames: Frames,
    strings: Sequence[str],
    pids: Sequence[int],
    tids: Mapping[tuple[int, int], int] | None = None,
) -> Iterator[str]:
    """A profile for each thread that was sampled, as events in JSON.

    ``pids`` are the ids of the processes by their positions, ``tids`` those of threads by the position of the process
    and the thread (default: the thread itself). No time is negative.
    """
    for number, (thread, own) in enumerate(by_thread(samples), 1):
        tid = tids[thread] if tids else thread[1]
        yield from _Profile(number, pids[thread[0]], tid, frames, strings).events(own)


class _Profile:
    """The samples of one thread."""

    def __init__(self, number: int, pid: int, tid: int, frames: Frames, strings: Sequence[str]) -> None:
        self._of = {"id": hex(number), "pid": pid, "tid": tid}
        self._frames = frames
        self._strings = strings
        self._told = np.zeros(len(frames), dtype=np.bool_)
        """which frames an event has already"""
        self._told_of_none = False

    def events(self, samples: Samples) -> Iterator[str]:
        at_us = samples.start_ns // 1000
        yield self._event(PROFILE, samples.start_ns, {"startTime": int(at_us[0])})
        deltas_us = np.diff(at_us, prepend=at_us[0])
        for first in range(0, len(samples), _SAMPLES_PER_EVENT):
            rows = slice(first, first + _SAMPLES_PER_EVENT)
            nodes = np.where(samples.frame[rows] == MISSING, NO_STACK, samples.frame[rows] + FIRST_FRAME)
            tree = {"nodes": self._new_nodes(samples.frame[rows]), "samples": nodes.tolist()}
            data = {"cpuProfile": tree, "timeDeltas": deltas_us[rows].tolist(), OWN: _own(samples, rows)}
            yield self._event(CHUNK, samples.start_ns[rows], data)

    def _event(self, name: str, start_ns: Int64, data: dict[str, object]) -> str:
        at = msgspec.Raw(json_text.microseconds(start_ns[:1])[0].encode())
        event = {"ph": PHASE, "cat": CATEGORY, "name": name, **self._of, "ts": at, "args": {"data": data}}
        return msgspec.json.encode(event).decode()

    def _new_nodes(self, used: Int32) -> list[dict[str, object]]:
        """The frames that no event had, those they were called from in front."""
        new = with_callers(self._frames, used) & ~self._told
        self._told |= new
        nodes = [self._node(frame) for frame in np.flatnonzero(new).tolist()]
        if not self._told_of_none and (used == MISSING).any():
            self._told_of_none = True
            nodes.append(_NO_STACK)
        return nodes

    def _node(self, frame: int) -> dict[str, object]:
        caller, function, file, line = (
            int(getattr(self._frames, column)[frame]) for column in ("caller", "function", "file", "line")
        )
        place: dict[str, object] = {"functionName": self._text(function), "scriptId": 0, "url": self._text(file)}
        if line != MISSING:
            place["lineNumber"] = line - 1
        parent = {"parent": caller + FIRST_FRAME} if caller != MISSING else {}
        return {"id": frame + FIRST_FRAME, **parent, "callFrame": place}

    def _text(self, code: int) -> str:
        return self._strings[code].encode("utf-8", "replace").decode() if code != MISSING else ""


_NO_STACK: dict[str, object] = {
    "id": NO_STACK,
    "callFrame": {"functionName": NO_STACK_NAME, "scriptId": 0, "url": ""},
}


def _own(samples: Samples, rows: slice) -> dict[str, object]:
    start_ns = samples.start_ns[rows]
    return {
        "start_ns": int(start_ns[0]),
        "deltas_ns": np.diff(start_ns, prepend=start_ns[0]).tolist(),
        "durations_ns": (samples.end_ns[rows] - start_ns).tolist(),
        "states": samples.state[rows].tolist(),
    }
