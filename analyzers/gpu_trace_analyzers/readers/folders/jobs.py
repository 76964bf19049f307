"""Are traces of one job? They are where one launcher started them, or where they are its ranks at one time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from ...model import MISSING
from ..base.shared_devices import span_ns, whose
from .files import name_without_rank

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from ...model import Trace

LAUNCHER = "gpu_trace_run"
"""The key under which ``gpu-trace run`` writes into a trace what all traces of one run, or of one job, have alike."""

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a trace, or a folder of a run, says of the job that it is of; what is not known is empty."""

    launcher: str = ""
    ranks: frozenset[int] = frozenset()
    world_size: int = MISSING
    span_ns: tuple[int, int] | None = None
    """when it began and ended, since 1970; None where that is not known"""
    process: tuple[object, ...] = ()
    """the rank and the process ids, or the worker: equal for files of one process"""
    stem: str = ""
    """the name of the file without its rank"""

    @classmethod
    def of_trace(cls, trace: Trace) -> Facts:
        """Of a trace of one file."""
        sizes = {process.world_size for process in trace.processes if process.rank != MISSING}
        return cls(
            launcher=trace.source.metadata.get(LAUNCHER, ""),
            ranks=frozenset(process.rank for process in trace.processes if process.rank != MISSING),
            world_size=sizes.pop() if len(sizes) == 1 else MISSING,
            span_ns=None if trace.epoch_ns is None else span_ns(trace, trace.epoch_ns),
            process=whose(trace),
            stem=name_without_rank(PurePath(trace.source.path).name),
        )

    @classmethod
    def of_run(cls, facts: Any) -> Facts:
        """Of what ``run.json`` has; anything odd in it is not known.

        The run is of one rank where a launcher started it for each (``job``), or it started the ranks (``ranks``).
        """
        job = facts["job"] if states_job(facts) else None
        job = job if isinstance(job, dict) else {}
        places = _places(facts.get("ranks")) if states_job(facts) else []
        places = places or _places([job])
        if not places and not job:
            return cls()
        launcher, sizes = job.get("launcher"), {size for _, size in places}
        began_ns, wall_ns = facts.get("began_ns"), facts.get("wall_ns")
        timed = isinstance(began_ns, int) and isinstance(wall_ns, int)
        return cls(
            launcher=launcher if isinstance(launcher, str) else "",
            ranks=frozenset(rank for rank, _ in places),
            world_size=sizes.pop() if len(sizes) == 1 else MISSING,
            span_ns=(began_ns, began_ns + wall_ns) if timed else None,
        )


def _places(ranks: Any) -> list[tuple[int, int]]:
    """Rank and world size of each rank that is one; a size that is not known is `MISSING`."""
    found = [each for each in ranks if isinstance(each, dict)] if isinstance(ranks, list) else []
    stated = [(each.get("rank"), each.get("world_size")) for each in found]
    return [(rank, size if isinstance(size, int) else MISSING) for rank, size in stated if isinstance(rank, int)]


def states_job(facts: Any) -> bool:
    """Whether a ``run.json`` says what job the run is of; null for a run of its own."""
    return isinstance(facts, dict) and "job" in facts


def joined_in_a_folder(parts: Sequence[_Part], facts: Callable[[_Part], Facts]) -> list[list[_Part]]:
    """Groups of the trace files of one folder that are of one job; those of one process, recorded in turns, are."""
    apart = _merged(
        [[part] for part in parts],
        lambda group: facts(group[0]).process or None,
        lambda a, b: not any(_overlap(one, other) for one in _all(a, facts) for other in _all(b, facts)),
    )
    return joined(apart, facts)


def joined(groups: Sequence[list[_Part]], facts: Callable[[_Part], Facts]) -> list[list[_Part]]:
    """These groups, of which those of one job are one group, in the order of their first parts.

    Groups of one launcher are. Others are where they have distinct ranks, equal world size and overlapping times; where
    a file does not say its world size or its times, the names of the files must be equal except for the rank.
    """
    of_launchers = _merged(groups, lambda group: _launcher(_all(group, facts)), lambda *_: True)
    together = _merged(
        of_launchers,
        lambda group: _world_size(_all(group, facts)),
        lambda a, b: _may_be_of_one_job(_all(a, facts), _all(b, facts)),
    )
    found: list[list[_Part]] = []
    for group in together:
        own = {id(part) for part in group}
        members = [other for other in of_launchers if id(other[0]) in own]
        ranks = [rank for member in members for rank in _ranks(_all(member, facts))]
        found += [group] if len(ranks) == len(set(ranks)) else members
    return found


def _merged(
    groups: Sequence[list[_Part]],
    key: Callable[[list[_Part]], Hashable],
    are_one: Callable[[list[_Part], list[_Part]], bool],
) -> list[list[_Part]]:
    """The groups that are left when any two that are one become one, by chains of such as well.

    Only groups of equal keys are compared, and one whose key is None is compared with none.
    """
    chains: dict[Hashable, list[list[int]]] = {}
    for number, group in enumerate(groups):
        same = chains.setdefault(("alone", number) if (whose := key(group)) is None else ("of", whose), [])
        related = [chain for chain in same if any(are_one(groups[other], group) for other in chain)]
        same[:] = [chain for chain in same if chain not in related]
        same.append(sorted([*(other for chain in related for other in chain), number]))
    in_order = sorted(chain for of_key in chains.values() for chain in of_key)
    return [[part for number in chain for part in groups[number]] for chain in in_order]


def _all(group: Sequence[_Part], facts: Callable[[_Part], Facts]) -> list[Facts]:
    return [facts(part) for part in group]


def _launcher(group: Sequence[Facts]) -> str | None:
    return next((facts.launcher for facts in group if facts.launcher), None)


def _world_size(group: Sequence[Facts]) -> int | None:
    """Of a group of ranks; None for any other."""
    sizes = {facts.world_size for facts in group}
    return sizes.pop() if len(sizes) == 1 and all(facts.ranks for facts in group) else None


def _ranks(group: Sequence[Facts]) -> set[int]:
    return {rank for facts in group for rank in facts.ranks}


def _may_be_of_one_job(a: Sequence[Facts], b: Sequence[Facts]) -> bool:
    """Whether two groups of ranks of equal world size fit together in all but their ranks."""
    everything = [*a, *b]
    vague = any(facts.world_size == MISSING or facts.span_ns is None for facts in everything)
    if vague and len({facts.stem for facts in everything}) > 1:
        return False
    return any(_overlap(one, other) for one in a for other in b)


def _overlap(a: Facts, b: Facts) -> bool:
    """Whether both were recorded at one time, as far as is known."""
    if a.span_ns is None or b.span_ns is None:
        return True
    return a.span_ns[0] < b.span_ns[1] and b.span_ns[0] < a.span_ns[1]
