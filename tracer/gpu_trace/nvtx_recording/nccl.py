"""What NCCL's own NVTX ranges say of its operations: which communicator, how many bytes, and when it launched them.

NCCL makes a range of each call, with a payload. What is called between ``ncclGroupStart`` and ``ncclGroupEnd`` is
launched by the latter, all at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .records import ProcessRanges

_DOMAIN = "NCCL"
_COMMUNICATOR, _BYTES = "NCCL communicator ID", "Message size [bytes]"
_RANKS, _RANK = "No. of ranks", "Rank"
_GROUP_START, _GROUP_END = "ncclGroupStart", "ncclGroupEnd"
_OF_ITSELF = ("ncclCommInitRank", "ncclCommDestroy", "ncclCommAbort", "ncclCommRevoke")
"""calls that tell a communicator's own size and rank; those that split one tell the parent's"""
_PAIRWISE = ("Send", "Recv")


@dataclass(frozen=True, slots=True)
class Operation:
    """One call: ``name`` is ``AllReduce``, ``size`` the bytes that NCCL says (-1: it does not).

    ``sequence`` counts the collectives of its communicator, from 0: as NCCL has them called in the same order on all
    its ranks, this is the same one everywhere. -1 for ``Send`` and ``Recv``, which two ranks do.
    """

    name: str
    communicator: int
    size: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Launch:
    """A time in which a thread launched some operations."""

    thread: int
    start_ns: int
    end_ns: int
    operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """This process in a communicator."""

    communicator: int
    ranks: int
    rank: int


@dataclass(frozen=True, slots=True)
class _Call:
    thread: int
    start_ns: int
    end_ns: int
    name: str
    values: Mapping[str, int | float]


def launches(programs: Iterable[ProcessRanges]) -> list[Launch]:
    """When each operation was launched, in the order of the calls."""
    return [launch for program in programs for launch in _launches(_calls(program))]


def members(programs: Iterable[ProcessRanges]) -> set[Member]:
    """The communicators that a process says it is in."""
    return {
        Member(int(call.values[_COMMUNICATOR]), int(call.values[_RANKS]), int(call.values[_RANK]))
        for program in programs
        for call in _calls(program)
        if call.name.startswith(_OF_ITSELF) and {_COMMUNICATOR, _RANKS, _RANK} <= call.values.keys()
    }


def ranks_of(members_of: Mapping[int, set[Member]], world_sizes: Mapping[int, int | None]) -> dict[int, list[int]]:
    """The ranks of the job, by communicator, in its order: of those whose every member said so, or is there at all.

    ``members_of`` is what the process of each rank says, and ``world_sizes`` how many ranks the job has by each. Ranks
    of other machines are recorded elsewhere, so that only communicators of all ranks are known to have them.
    """
    found: dict[int, dict[int, int]] = {}
    sizes: dict[int, int] = {}
    for rank, members in members_of.items():
        for member in members:
            everyone = range(member.ranks) if member.ranks == world_sizes.get(rank) else ()
            found.setdefault(member.communicator, {each: each for each in everyone})[member.rank] = rank
            sizes[member.communicator] = member.ranks
    return {
        communicator: [ranks[place] for place in sorted(ranks)]
        for communicator, ranks in found.items()
        if len(ranks) == sizes[communicator]
    }


def _calls(program: ProcessRanges) -> list[_Call]:
    """NCCL's, in the order of their starts."""
    strings, opening = program.texts.strings, program.opening
    domains = [number for number, text in strings.items() if text == _DOMAIN]
    rows = np.flatnonzero(np.isin(opening["domain"], domains)).tolist()
    values: dict[int, dict[str, int | float]] = {}
    for payloads in program.payloads:
        for place, row in enumerate(payloads.events.tolist()):
            values.setdefault(row, {}).update({name: column[place] for name, column in payloads.values.items()})
    fields = (opening["thread"], opening["at_ns"], program.end_ns, opening["name"])
    columns = zip(rows, *(field[rows].tolist() for field in fields), strict=True)
    return [
        _Call(thread, start_ns, end_ns, strings.get(name, ""), values.get(row, {}))
        for row, thread, start_ns, end_ns, name in columns
    ]


def _launches(calls: Sequence[_Call]) -> Iterator[Launch]:
    depth: dict[int, int] = {}
    grouped: dict[int, list[Operation]] = {}
    counts: dict[int, int] = {}
    for call in calls:
        thread = call.thread
        if call.name == _GROUP_START:
            depth[thread] = depth.get(thread, 0) + 1
        elif call.name == _GROUP_END:
            depth[thread] = max(depth.get(thread, 0) - 1, 0)
            if not depth[thread]:
                yield Launch(thread, call.start_ns, call.end_ns, tuple(grouped.pop(thread, ())))
        elif _BYTES in call.values:
            operation = _operation(call, counts)
            if depth.get(thread):
                grouped.setdefault(thread, []).append(operation)
            else:
                yield Launch(thread, call.start_ns, call.end_ns, (operation,))


def _operation(call: _Call, counts: dict[int, int]) -> Operation:
    name, communicator = call.name.removeprefix("nccl"), int(call.values.get(_COMMUNICATOR, 0))
    sequence = -1
    if communicator and name not in _PAIRWISE:
        sequence = counts.get(communicator, 0)
        counts[communicator] = sequence + 1
    return Operation(name, communicator, int(call.values[_BYTES]), sequence)
