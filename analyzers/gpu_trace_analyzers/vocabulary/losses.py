"""The names that a loss can have: its owner, and the causes that each owner knows. Programs rely on them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Owner(Enum):
    """What a nanosecond of a device is spent on, in the order in which they own it."""

    COMPUTE = "compute"
    COLLECTIVE = "collective"
    COPY = "copy"
    OTHER = "other"
    """a memset, a copy that does not count as copying, or work of unknown kind"""
    IDLE = "idle"


UNEXPLAINED = frozenset({"unknown", "host_unobserved", "lost_kernels", "lost_nodes"})
"""Causes that say that the cause is not known: ending such a loss may save all of it."""

_COPIES = (
    *("copy_bound", "pageable", "migrated", "synchronous", "host_synchronized", "host_allocated", "same_stream"),
    *("no_compute_left", "compute_waited", "copy_waited", "launched_late", "inside_operator", "lost_kernels"),
    *("lost_nodes", "unknown"),
)
_COLLECTIVES = (
    *("waiting_for_rank", "transfer", "host_synchronized", "host_allocated", "same_stream", "no_compute_left"),
    *("order", "compute_waited", "launched_late", "unknown"),
)
CAUSES: Mapping[Owner, tuple[str, ...]] = {
    Owner.COLLECTIVE: _COLLECTIVES,
    Owner.COPY: _COPIES,
    Owner.OTHER: ("copy_h2d", "copy_d2h", "copy_p2p", "copy_d2d", "memset", "unknown"),
    Owner.IDLE: (
        *("waiting_for_data", "launch_bound", "synchronized", "allocating", "compiling", "garbage_collection"),
        *("start_up", "waiting_for_copy", "event", "other_device", "queued", "profiler", "head_or_tail"),
        *("host_gil", "host_unobserved", "lost_kernels", "lost_nodes", "unknown"),
    ),
}
"""The keys of the rules that explain the time of each owner, on devices of any kind; of all but compute."""


def owners_of(name: str) -> frozenset[Owner]:
    """The owners whose losses a name can be of, as that of an owner or of a cause; none if it is neither."""
    return frozenset(owner for owner, causes in CAUSES.items() if name == owner.value or name in causes)
