"""The answer of a job of many ranks: what comes first, who causes it, and how the ranks compare.

All sizes are bounded: lists of ranks are ranges, and everything per rank is a quantile or the few that stand out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .kept.tables import Lengths, Operations


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of one value per rank: exact order statistics, each of which is the value of a rank."""

    least: int
    low: int
    """a tenth of the ranks have less"""
    median: int
    high: int
    """a tenth have more"""
    most: int
    most_rank: int
    """the lowest of those that have it"""


@dataclass(frozen=True, slots=True)
class Share:
    """What one owner has of the time of all ranks; those of all owners add up to the windows of all ranks."""

    owner: str
    ns: int
    """over all ranks"""
    of_rank: Quantiles
    """ns of each rank"""
    causes: tuple[tuple[str, int], ...] = ()
    """cause and ns over all ranks, the longest first; they add up to ``ns``, and compute has none"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the job.

    ``kind`` is a stable key: ``late_data``, ``slow_host``, ``slow_gpu``, ``late_rank`` (late for an unknown reason),
    ``wrong_group``, ``missing``, ``damaged``, ``clock_uncertain``, ``transfer``, ``bubble``.
    """

    kind: str
    ranks: tuple[tuple[int, int], ...]
    """first and last of each stretch of ranks, inclusive"""
    host: str
    """the host that it is of, where it is of a whole host or of ranks of one; else empty"""
    cost_ns: int
    """what the job would take less without it, over the steps compared; 0 where it costs nothing or none is known"""
    error_ns: int
    """by how much that may be wrong: clocks, and what was not recorded"""
    sentence: str
    """what was found, with figures, in one sentence"""
    remedy: str
    """the next step, in one sentence; empty where there is none"""
    conclusive: bool = True
    """whether the cost exceeds what is uncertain; others are named as not certain, and never come first"""


@dataclass(frozen=True, slots=True)
class HostClock:
    """How the clock of a host was found to run: it shows true + offset + drift * (true - begin of the job)."""

    host: str
    """of a rank whose trace names no machine, the rank: ``rank 3``"""
    ranks: int
    offset_ns: int
    """of its clock against that of the reference host, at the begin of the job; positive: it is ahead"""
    drift_ppb: int
    """how many ns more a second"""
    residual_ns: int
    """half of the collectives that were compared fit it better"""
    uncertainty_ns: int
    """by how much a time of it may be wrong after correction"""
    compared: int
    """collectives that the fit is of; 0 where there were none, and the clock is taken as it is"""


@dataclass(frozen=True, slots=True)
class HostFigures:
    """One host beside the others: medians over its ranks of what a step took."""

    host: str
    ranks: tuple[tuple[int, int], ...]
    compute_ns: int
    host_ns: int
    idle_ns: int


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """Process groups of one kind (equal size and spacing of their ranks), such as all tensor-parallel groups."""

    title: str
    groups: int
    size: int
    collectives: int
    wait_ns: int
    """until the last rank came, over all ranks"""
    transfer_ns: int
    """from then to the end"""
    bus_gb_per_s: float | None
    by_size: tuple[tuple[int, int, float | None], ...] = ()
    """bytes of a message, collectives, bus bandwidth"""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a pipeline: the union of its idle intervals per step."""

    stage: int
    ranks: tuple[tuple[int, int], ...]
    bubble_ns: int
    """median over its ranks"""
    window_ns: int


@dataclass(frozen=True, slots=True)
class Heat:
    """How late each rank came in each step: at most 64 x 64 cells, each of a stretch of steps and one of ranks."""

    first_step: int
    steps_each: int
    ranks_each: int
    hosts: tuple[str, ...]
    """of each stretch of ranks: their host, ``node1 to node3`` if there are several, empty if it is not known"""
    late_ns: tuple[tuple[int, ...], ...]
    """[stretch of ranks][stretch of steps]: the most that others waited for one of them in one step; `MISSING`
    where none of them has a collective in any of the steps"""
    late_rank: tuple[tuple[int, ...], ...]
    """[stretch of ranks][stretch of steps]: the rank that they waited for then; `MISSING` where they waited for none"""


@dataclass(frozen=True, slots=True)
class JobAnswer:
    """Everything that is said of a job."""

    path: str
    ranks: int
    """that were read"""
    world_size: int
    """as they say; `MISSING` where they do not agree or do not say"""
    hosts: tuple[HostFigures, ...]
    """those that stand out, at most 32, slowest first"""
    hosts_in_all: int
    step_ns: Quantiles | None
    """the median step of each rank; None without steps"""
    warm_up_steps: int
    """left out at the begin of a rank, at most; nothing that is said of the job is of them"""
    window_ns: int
    """over all ranks"""
    job_ns: int
    """from the begin of the first step compared to the end of the last, on corrected clocks"""
    ideal_ns: int
    """what it would take if every rank computed as long as their mean and transfers took their median"""
    account: tuple[Share, ...]
    findings: tuple[Finding, ...]
    """at most 32: conclusive ones first, that which costs most at the front"""
    findings_in_all: int
    clocks: tuple[HostClock, ...]
    """at most 32, the least certain first"""
    groups: tuple[GroupFigures, ...]
    groups_by_order: int
    """whose collectives have no numbers, and are matched by their order"""
    groups_not_matched: int
    """whose collectives have none, and whose order does not tell either which are one"""
    stages: tuple[Stage, ...]
    heat: Heat | None
    missing: tuple[tuple[int, int], ...]
    damaged: tuple[tuple[int, str], ...]
    """rank (`MISSING` if not known) and sentence, at most 32"""
    damaged_in_all: int
    operations: Operations
    lengths: Lengths
    strings: tuple[str, ...]
    """of the last two"""
