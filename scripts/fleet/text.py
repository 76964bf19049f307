"""The trace of one rank, as ``gpu-trace run`` writes it: a line per event.

All steps have the same text except numbers, so a step is one format and the numbers of its places.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .program import EVENT
from .schedule import host_time, places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .clocks import Clock
    from .recording import Row
    from .shape import Shape
    from .template import Template

    Int64 = NDArray[np.int64]

_FIRST_PID = 20_000
_DERIVED = ("External id", "Record function id", "Ev Idx", "memory bandwidth (GB/s)")
"""arguments that would be wrong for other times, or are used by no event of these files"""
_MOST_RANKS = 30
"""of a group that are listed: Kineto lists no more"""
_MARK = re.compile(r'"@(\w+)"')


class _Number(NamedTuple):
    """What stands at one place of the text: a kind, of a row of the step."""

    kind: str
    row: int


@dataclass(frozen=True, slots=True)
class Rank:
    """One rank of the job, and when everything happened on it, in true ns."""

    number: int
    shape: Shape
    groups: tuple[int, ...]
    """in which it calls each collective of a step"""
    clock: Clock
    permille: int
    """of the recorded time of the host"""
    sample: Int64
    """(steps,)"""
    anchors: Int64
    """(steps, anchors)"""
    start: Int64
    """(steps, operations)"""
    end: Int64

    @property
    def pid(self) -> int:
        return _FIRST_PID + 7 * self.number

    @property
    def device(self) -> int:
        return self.number % self.shape.per_host


def trace_text(template: Template, rank: Rank) -> Iterator[str]:
    """The file, in pieces."""
    yield json.dumps(_head(template, rank))[:-1] + ', "traceEvents": [\n'
    yield ",\n".join(_names(rank))
    lines, numbers = _lines(template, rank)
    text = ",\n" + ",\n".join(lines)
    for step in _values(template, rank, numbers).tolist():
        yield text % tuple(step)
    yield "\n]}\n"


def _head(template: Template, rank: Rank) -> dict[str, Any]:
    shape, host = rank.shape, rank.shape.host(rank.number)
    device = template.head["deviceProperties"][0]
    return {
        **template.head,
        "deviceProperties": [
            device | {"id": index, "uuid": shape.uuid(host, index)} for index in range(len(shape.ranks_of(host)))
        ],
        "distributedInfo": {"rank": rank.number, "world_size": shape.ranks},
        "gpu_trace_run": f"fleet-{shape.seed}",
        "host": shape.host_name(host),
    }


def _names(rank: Rank) -> list[str]:
    names = ((rank.pid, f"python3 on {rank.shape.host_name(rank.shape.host(rank.number))}"), (rank.device, "GPU"))
    return [
        _written({"ph": "M", "name": "process_name", "pid": pid, "tid": 0, "ts": 0, "args": {"name": name}})
        for pid, name in names
    ]


def _lines(template: Template, rank: Rank) -> tuple[list[str], list[_Number]]:
    """The events of a step as formats, and what stands at their places."""
    lines, numbers = [], []
    collective = dict(zip(template.collectives, rank.groups, strict=True))
    for place, row in enumerate((*template.host, *template.operations)):
        group = collective.get(place - len(template.host))
        marked = _written(_event(template, rank, row, group)).replace("%", "%%")
        numbers += [_Number(kind, place) for mark in _MARK.findall(marked) for kind in _PLACES.get(mark, (mark,))]
        lines.append(_MARK.sub(lambda mark: "%d.%03d" if mark[1] in _PLACES else "%d", marked))
    for line, number in _arrows(template, rank):
        lines.append(line)
        numbers += number
    return lines, numbers


def _written(event: dict[str, Any]) -> str:
    return json.dumps(event, separators=(",", ":"))


_PLACES = {"ts": ("start_us", "start_rest"), "dur": ("length_us", "length_rest")}


def _event(template: Template, rank: Rank, row: Row, group: int | None) -> dict[str, Any]:
    """One event, with marks where numbers change from step to step."""
    own = template.host[0].pid
    of_host = row.pid == own
    tid = row.tid - own + rank.pid if of_host and row.tid == row.thread else row.tid
    args = {key: value for key, value in row.args.items() if key not in _DERIVED}
    if "thread" in args:
        args["thread"] += rank.pid - own
    if "device" in args:
        args["device"] = rank.device
    if "correlation" in args:
        args["correlation"] = "@correlation"
    if EVENT in args:
        args[EVENT] = "@event" if args[EVENT] in template.events else -1
    if group is not None:
        args |= _group(rank.shape, group) | {"Seq": "@sequence"}
    return {
        "ph": "X", "cat": row.category, "name": row.name, "pid": rank.pid if of_host else rank.device, "tid": tid,
        "ts": "@ts", "dur": "@dur", "args": args,
    }  # fmt: skip


def _group(shape: Shape, group: int) -> dict[str, Any]:
    ranks = list(shape.groups[group])
    listed = f"[{', '.join(map(str, ranks[:_MOST_RANKS]))}, ..., {ranks[-1]}]" if len(ranks) > _MOST_RANKS else ranks
    name = shape.group_name(group)
    return {"Process Group Name": name, "Process Group Ranks": listed, "Group size": len(ranks)}


def _arrows(template: Template, rank: Rank) -> Iterator[tuple[str, list[_Number]]]:
    """From each launch to its operation."""
    for operation, (row, of) in enumerate(zip(template.launched_by, template.operations, strict=True)):
        tid = template.host[row].tid - template.host[0].pid + rank.pid
        ends = (('"ph":"s"', rank.pid, tid, row), ('"ph":"f","bp":"e"', rank.device, of.tid, None))
        for phase, pid, track, place in ends:
            place = len(template.host) + operation if place is None else place
            line = f'{{{phase},"id":%d,"pid":{pid},"tid":{track},"ts":%d.%03d,"cat":"ac2g","name":"ac2g"}}'
            yield line, [_Number(kind, place) for kind in ("correlation", *_PLACES["ts"])]


def _values(template: Template, rank: Rank, numbers: list[_Number]) -> Int64:
    """(steps, numbers) int64."""
    start, length = _times(template, rank)
    steps = np.arange(len(start))[:, None]
    rows = len(template.host)
    calls, event_row, steps_back = _links(template)
    in_step = {operation: number for number, operation in enumerate(template.collectives)}
    sequence = np.array([_place_in_group(rank.groups, in_step.get(n - rows, -1)) for n in range(start.shape[1])])
    event = 1 + (steps - steps_back) * rows + event_row
    of_kind = {
        "start_us": start // 1000, "start_rest": start % 1000,
        "length_us": length // 1000, "length_rest": length % 1000,
        "correlation": 1 + steps * rows + calls,
        "event": np.where(steps >= steps_back, event, -1),
        "sequence": steps * sequence[:, 1] + sequence[:, 0],
    }  # fmt: skip
    values = np.empty((len(start), len(numbers)), np.int64)
    for kind, table in of_kind.items():
        columns = [place for place, number in enumerate(numbers) if number.kind == kind]
        values[:, columns] = table[:, [numbers[place].row for place in columns]]
    return values


def _place_in_group(groups: tuple[int, ...], collective: int) -> tuple[int, int]:
    """The number of a collective among those of its group in a step, and how many there are."""
    if collective < 0:
        return 0, 0
    return groups[:collective].count(groups[collective]), groups.count(groups[collective])


def _times(template: Template, rank: Rank) -> tuple[Int64, Int64]:
    """Start and length of each row of each step, by the clock of the host, (steps, rows) int64 of ns."""
    recorded, permille = template.anchors[rank.sample], np.full((len(rank.sample), 1), rank.permille)
    edges = []
    for at, operations in ((template.host_start, rank.start), (template.host_end, rank.end)):
        place = places(template, at)[rank.sample]
        host = host_time(recorded, rank.anchors, permille, place, at[rank.sample])
        edges.append(template.began_ns + rank.clock.shows(np.concatenate((host, operations), axis=1)))
    return edges[0], edges[1] - edges[0]


def _links(template: Template) -> tuple[Int64, Int64, Int64]:
    """Of each row the row of its call; the row of the call that recorded the event it waits on, and the steps back."""
    rows = (*template.host, *template.operations)
    calls = {row.correlation: place for place, row in enumerate(template.host) if row.correlation >= 0}
    calls |= {row.correlation: place for row, place in zip(template.operations, template.launched_by, strict=True)}
    events = [template.events.get(row.args.get(EVENT, -1), (0, 0)) for row in rows]
    return np.array([calls.get(row.correlation, 0) for row in rows]), *np.array(events).T
