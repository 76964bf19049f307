"""What the host had to do with it: rules, and parts of rules, that several tables share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .evidence import Fact, call_name, work_name
from .explained import Rule
from .host_waits import ALLOCATING, blocked_in, lost_nearby
from .replays import lacking_around
from .stretches import witness

if TYPE_CHECKING:
    from ..model import Int64
    from .stretches import Stretches


def _lost_fact(_stretches: Stretches, _i: int, lost: int) -> Fact:
    """For `lost_nearby`."""
    return Fact(f"{lost} of the kernels launched around it are not in the trace, so no cause can be told")


def _nodes_fact(_stretches: Stretches, _i: int, lacking: int) -> Fact:
    """For `lacking_around`."""
    return Fact(f"{lacking} nodes that other replays of the graph have may have run, so no cause can be told")


def blocked_fact(stretches: Stretches, i: int, call: int) -> Fact:
    """For `blocked_in`."""
    calls, following = stretches.trace.calls, work_name(stretches.trace, int(stretches.after[i]))
    ns, name = int(calls.end_ns[call] - calls.start_ns[call]), call_name(stretches.trace, call)
    if 2 * ns < stretches.ns[i]:
        return Fact(f"{following} was launched only after {name} and such calls before it, in which the host sat")
    return Fact(f"{following} was launched only after {name}, in which the host sat", ns)


def launched_late(stretches: Stretches) -> Int64:
    """The work that follows, where the host launched it after the stretch had begun."""
    return witness(stretches.launch_ns(stretches.after) > stretches.start_ns, stretches.after)


def late_fact(stretches: Stretches, i: int, following: int) -> Fact:
    """For `launched_late`."""
    late = int(stretches.launched.at_ns[following] - stretches.start_ns[i])
    return Fact(f"{work_name(stretches.trace, following)} was not launched for another", late)


LOST_KERNELS = Rule(
    cause="lost_kernels",
    title="unknown, for kernels are missing in the trace",
    remedy="",
    find=lost_nearby,
    fact=_lost_fact,
)

LOST_NODES = Rule(
    cause="lost_nodes",
    title="unknown, for replays of a CUDA graph lack nodes",
    remedy="",
    find=lacking_around,
    fact=_nodes_fact,
)

HOST_ALLOCATED = Rule(
    cause="host_allocated",
    title="the host was allocating or freeing memory",
    remedy="allocate once, before the loop; reuse pinned buffers; no empty_cache() between steps",
    find=lambda stretches: blocked_in(stretches, ALLOCATING),
    fact=blocked_fact,
)
