"""What is wrong with the job? Each kind of fault is of one rank or one host, which the seed draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from .shape import Shape

Kind = Literal["slow_host", "late_data", "slow_gpu", "wrong_group", "missing", "truncated", "slow_link"]
DRAWN: tuple[Kind, ...] = ("slow_host", "late_data", "slow_gpu", "wrong_group", "missing", "truncated")
"""that a seed draws; the others have to be named"""
KINDS: tuple[Kind, ...] = (*DRAWN, "slow_link")
SLOW_PERMILLE = 1300
SLOW_LINK_PERMILLE = 3000
LATE_NS = (20_000_000, 60_000_000)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; what does not apply is None."""

    kind: Kind
    host: int
    rank: int | None
    """None: all ranks of the host, or of the group"""
    steps: tuple[int, ...]
    """in which it is there"""
    permille: int | None = None
    """of the time that it would take"""
    late_ns: tuple[int, ...] | None = None
    """of each of the steps"""
    part: int | None = None
    """the group that the rank calls instead of its own, or whose link is slow"""
    kept_permille: int | None = None
    """of the bytes of the file"""


def possible(shape: Shape, loads_data: bool) -> list[Kind]:
    """The kinds that such a job can have: only a host beside others can be slow, and only a loader late."""
    impossible = set() if shape.hosts > 1 else {"slow_host"}
    impossible |= set() if loads_data else {"late_data"}
    return [kind for kind in KINDS if kind not in impossible]


def drawn_kinds(kinds: Sequence[Kind], random: np.random.Generator) -> list[Kind]:
    """Each of them in every third job, and at least one."""
    kinds = [kind for kind in kinds if kind in DRAWN]
    chosen = [kind for kind, number in zip(kinds, random.integers(0, 3, len(kinds)), strict=True) if not number]
    return chosen or [kinds[int(random.integers(len(kinds)))]]


def drawn_faults(kinds: Sequence[Kind], shape: Shape, steps: int, random: np.random.Generator) -> list[Fault]:
    """One of each kind, on hosts of their own where there are as many, and never two of one rank."""
    hosts = random.permutation(shape.hosts).tolist()
    others = hosts[1:] if "slow_host" in kinds else hosts
    free = {host: random.permutation(list(shape.ranks_of(host))).tolist() for host in hosts}
    found = []
    for number, kind in enumerate(kind for kind in kinds if kind not in ("slow_host", "slow_link")):
        in_turn = [others[(number + place) % len(others)] for place in range(len(others))]
        host = next(host for host in (*in_turn, *hosts) if free[host])
        found.append(_of_rank(kind, host, free[host].pop(), shape, steps, random))
    if "slow_host" in kinds:
        found.insert(0, Fault("slow_host", hosts[0], None, tuple(range(steps)), permille=SLOW_PERMILLE))
    if "slow_link" in kinds:
        found.append(_of_group(shape, steps, random))
    return found


def _of_group(shape: Shape, steps: int, random: np.random.Generator) -> Fault:
    part = int(random.integers(len(shape.groups) - 1))
    host = shape.host(shape.groups[part][0])
    return Fault("slow_link", host, None, tuple(range(steps)), permille=SLOW_LINK_PERMILLE, part=part)


def _of_rank(kind: Kind, host: int, rank: int, shape: Shape, steps: int, random: np.random.Generator) -> Fault:
    always = tuple(range(steps))
    if kind == "late_data":
        some = tuple(sorted((1 + random.choice(steps - 1, max(1, steps // 2), replace=False)).tolist()))
        return Fault(kind, host, rank, some, late_ns=tuple(random.integers(*LATE_NS, len(some)).tolist()))
    if kind == "slow_gpu":
        return Fault(kind, host, rank, always, permille=SLOW_PERMILLE)
    if kind == "wrong_group":
        parts = len(shape.groups) - 1
        away = 1 + int(random.integers(parts - 1))
        return Fault(kind, host, rank, always, part=(rank // shape.part_size + away) % parts)
    if kind == "truncated":
        return Fault(kind, host, rank, always, kept_permille=int(random.integers(300, 700)))
    return Fault(kind, host, rank, always)
