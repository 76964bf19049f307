"""Recorded counters in a Chrome trace: events that viewers draw, with what they do not draw beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.model import MISSING

from ..timeline.recorded import recorded_counters
from . import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gpu_trace_analyzers.model import Trace

    from ..timeline.identities import HostPlaces
    from ..timeline.recorded import RecordedCounter


def counter_events(
    trace: Trace, places: HostPlaces, numbers: Sequence[int], groups: Mapping[int, int]
) -> Iterator[str]:
    """The values of every recorded counter.

    ``numbers`` say by which number events name each device. ``groups`` have the process id under which the rows of a
    device stand; a counter of another device, or of none, stands under that of its process.
    """
    for counter in recorded_counters(trace, places):
        pid = places.pids[counter.process]
        yield from _events(counter, groups.get(counter.device, pid), pid, numbers)


def _events(counter: RecordedCounter, group: int, pid: int, numbers: Sequence[int]) -> Iterator[str]:
    name, unit = json_text.quoted((counter.name, counter.unit))
    drawn = unit if counter.unit else '"value"'
    device = f',"device":{numbers[counter.device]}' if counter.device != MISSING else ""
    process = f',"process":{pid}' if group != pid else ""
    threads = [f',"thread":{thread}' if thread != MISSING else "" for thread in counter.thread.tolist()]
    at = json_text.microseconds(counter.at_ns)
    beside = f'"unit":{unit}{device}{process}'
    return json_text.recorded_counter(name, group, at, drawn, counter.value.tolist(), beside, threads)
