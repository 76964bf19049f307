"""What the host had to do with it: rules, and parts of rules, that several tables share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import MISSING
from ..units import count
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
    kernels = count(lost, "kernel launched around it is", "kernels launched around it are")
    return Fact(f"{kernels} missing from the trace, so the cause is unknown")


def _nodes_fact(_stretches: Stretches, _i: int, lacking: int) -> Fact:
    """For `lacking_around`."""
    nodes = count(lacking, "node of the graph", "nodes of the graph")
    return Fact(f"{nodes} that only other replays have may have run too, so the cause is unknown")


def blocked_fact(stretches: Stretches, i: int, call: int) -> Fact:
    """For `blocked_in`."""
    calls, name = stretches.trace.calls, call_name(stretches.trace, call)
    ns = int(calls.end_ns[call] - calls.start_ns[call])
    if 2 * ns < stretches.ns[i]:
        return Fact(f"the host was blocked in {name} and similar calls")
    return Fact(f"the host was blocked in {name}", ns)


def launched_late(stretches: Stretches) -> Int64:
    """The work that follows, where the host launched it after the stretch had begun."""
    return witness(stretches.launch_ns(stretches.after) > stretches.start_ns, stretches.after)


def late_fact(stretches: Stretches, i: int, following: int) -> Fact:
    """For `launched_late`."""
    late = int(stretches.launched.at_ns[following] - stretches.start_ns[i])
    if stretches.during[i] == MISSING:
        return Fact("into the gap", late, of_launch=True)
    return Fact(f"{work_name(stretches.trace, following)} was launched", late, then="into the interval")


LOST_KERNELS = Rule(
    cause="lost_kernels",
    title="unknown (kernels are missing from the trace)",
    remedy="",
    find=lost_nearby,
    fact=_lost_fact,
)

LOST_NODES = Rule(
    cause="lost_nodes",
    title="unknown (replays of a CUDA graph lack nodes)",
    remedy="",
    find=lacking_around,
    fact=_nodes_fact,
)

HOST_ALLOCATED = Rule(
    cause="host_allocated",
    title="host blocked in an allocation or free",
    remedy="allocate once, before the loop; reuse pinned buffers; no empty_cache() between steps",
    find=lambda stretches: blocked_in(stretches, ALLOCATING),
    fact=blocked_fact,
)
