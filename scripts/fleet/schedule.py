"""When does everything happen on every rank? In true time, as one clock would show it.

The host of a rank launches. An operation starts when its launch, the operation before it on its stream, and the events
that its stream waits on allow it to. A collective ends on all ranks of its group when the last has come to it, plus its
transfer. A host that waits for its GPU goes on when that is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .program import Block, Launch, Record, Wait

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .template import Template

    Int64 = NDArray[np.int64]

_NEVER = -(1 << 62)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What each rank is like; times in ns, int64."""

    sample: Int64
    """(ranks, steps): which recorded step each step is"""
    start_ns: Int64
    """(ranks,): when it begins"""
    late_ns: Int64
    """(ranks, steps): by how much its data are late"""
    host_permille: Int64
    """(ranks,): of the recorded time of the host"""
    kernel_permille: Int64
    """(ranks,): of the recorded time of kernels that are not collectives"""
    transfer_permille: Int64
    """(groups,): of the recorded time of transfers"""
    left_ns: Int64
    """(ranks, steps, collectives): how long after the data are there a rank leaves a collective"""
    groups: Int64
    """(collectives, ranks): the number of the group in which a rank calls each collective of a step"""


@dataclass(frozen=True, slots=True)
class Schedule:
    """In true ns, int64."""

    anchors: Int64
    """(ranks, steps, anchors): of each anchor of the template"""
    start: Int64
    """(ranks, steps, operations)"""
    end: Int64

    @property
    def job_ns(self) -> int:
        """From the first start of a step to the last end of anything."""
        return int(max(self.end.max(), self.anchors.max()) - self.anchors.min())


def host_time(recorded: Int64, anchors: Int64, permille: Int64, place: Int64, at: Int64) -> Int64:
    """When the host comes to ``at`` of the recorded step, which is behind the anchor at ``place``; (steps, rows) int64.

    ``recorded`` and ``anchors``: (steps, anchors); ``permille``: (steps, 1). Places that are even are behind a block,
    where the host takes its own time.
    """
    began, ends = (np.take_along_axis(recorded, each, 1) for each in (place, place + 1))
    came, goes = (np.take_along_axis(anchors, each, 1) for each in (place, place + 1))
    blocked = (at - began) * (goes - came) // np.maximum(ends - began, 1)
    return came + np.where(place % 2 == 1, blocked, (at - began) * permille // 1000)


class _Simulation:
    """The state of all ranks."""

    def __init__(self, template: Template, conditions: Conditions) -> None:
        self.template, self.conditions = template, conditions
        ranks, self.steps = conditions.sample.shape
        shape = (ranks, self.steps)
        self.anchors = np.zeros((*shape, template.anchors.shape[1]), np.int64)
        self.start = np.zeros((*shape, len(template.operations)), np.int64)
        self.end = np.zeros_like(self.start)
        self.free: dict[int, Int64] = {}
        self.events: dict[tuple[int, int], Int64] = {}
        self.never = np.full(ranks, _NEVER)
        self.place = places(template, template.host_start)
        self.is_kernel = [row.category == "kernel" and not row.is_collective for row in template.operations]
        self.collective = {operation: number for number, operation in enumerate(template.collectives)}

    def run(self) -> Schedule:
        begin = self.conditions.start_ns
        for step in range(self.steps):
            begin = self._step(step, begin)
        return Schedule(self.anchors, self.start, self.end)

    def _step(self, step: int, begin: Int64) -> Int64:
        """Run one step, which begins then on each rank; when the next one does."""
        sample = self.conditions.sample[:, step]
        recorded = self.template.anchors[sample]
        self.anchors[:, step, 0] = begin
        block = 0
        for each in self.template.program:
            if isinstance(each, Block):
                self._block(each, step, 2 * block, recorded)
                block += 1
            elif isinstance(each, Launch):
                self._launch(each, step, sample, recorded)
            elif isinstance(each, Record):
                self.events[step, each.row] = self.free.get(each.stream, self.never)
            elif isinstance(each, Wait):
                event = self.events.get((step - each.steps_back, each.row), self.never)
                self.free[each.stream] = np.maximum(self.free.get(each.stream, self.never), event)
        return self._own_time(step, 2 * block, recorded)

    def _own_time(self, step: int, place: int, recorded: Int64) -> Int64:
        """From the anchor there to the next the host takes its own time; sets that one, and returns it."""
        own_ns = (recorded[:, place + 1] - recorded[:, place]) * self.conditions.host_permille // 1000
        self.anchors[:, step, place + 1] = self.anchors[:, step, place] + own_ns
        return self.anchors[:, step, place + 1]

    def _block(self, block: Block, step: int, place: int, recorded: Int64) -> None:
        came = self._own_time(step, place, recorded)
        took_ns = recorded[:, place + 2] - recorded[:, place + 1]
        if block.operation < 0:
            goes = came + took_ns * self.conditions.host_permille // 1000 + self.conditions.late_ns[:, step]
        else:
            goes = came + (np.minimum(took_ns, block.own_ns) if block.own_ns >= 0 else took_ns)
            if step >= block.steps_back:
                ended = self.end[:, step - block.steps_back, block.operation]
                goes = np.maximum(goes, ended + block.lag_ns)
        self.anchors[:, step, place + 2] = goes

    def _launch(self, launch: Launch, step: int, sample: Int64, recorded: Int64) -> None:
        operation, conditions = launch.operation, self.conditions
        at, place = self.template.host_start[sample, launch.row], self.place[sample, launch.row]
        anchors, permille = self.anchors[:, step], conditions.host_permille[:, None]
        launched = host_time(recorded, anchors, permille, place[:, None], at[:, None])[:, 0]
        ready = np.maximum(self.free.get(launch.stream, self.never), launched + self.template.latency_ns)
        start = ready + self.template.delay[sample, operation]
        duration = self.template.duration[sample, operation]
        if operation in self.collective:
            number = self.collective[operation]
            end = self._together(conditions.groups[number], start, duration) + conditions.left_ns[:, step, number]
        elif self.is_kernel[operation]:
            end = start + duration * conditions.kernel_permille // 1000
        else:
            end = start + duration
        self.start[:, step, operation], self.end[:, step, operation] = start, end
        self.free[launch.stream] = end

    def _together(self, groups: Int64, start: Int64, duration: Int64) -> Int64:
        """When a collective ends: the transfer is that of the first rank of its group, so that all have the same."""
        group, first, of = np.unique(groups, return_index=True, return_inverse=True)
        taken_ns = duration[first] * self.conditions.transfer_permille[group] // 1000
        last = np.full(len(first), _NEVER)
        np.maximum.at(last, of, start)
        return last[of] + taken_ns[of]


def places(template: Template, at: Int64) -> Int64:
    """(samples, rows of the host): the last anchor that is not after each time, nor the end of the step."""
    pairs = zip(template.anchors, at, strict=True)
    return np.stack([np.searchsorted(anchors[:-1], times, "right") - 1 for anchors, times in pairs])


def schedule(template: Template, conditions: Conditions) -> Schedule:
    """Run the job."""
    return _Simulation(template, conditions).run()
