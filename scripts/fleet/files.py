"""The folder of a run: a file per rank, written by all cores, and ``run.json``."""

from __future__ import annotations

import gzip
import json
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from .text import Rank, trace_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .clocks import Clock
    from .faults import Fault
    from .schedule import Conditions, Schedule
    from .shape import Shape
    from .template import Template

_LEVEL = 4
_AT_ONCE = 4
"""ranks that a process is given at once, with the template"""


def write(
    folder: Path,
    template: Template,
    shape: Shape,
    conditions: Conditions,
    times: Schedule,
    faults: Sequence[Fault],
    clocks: Sequence[Clock],
) -> int:
    """Write all that there is of the job; how many bytes that is."""
    missing = {fault.rank for fault in faults if fault.kind == "missing"}
    ranks = [rank for rank in range(shape.ranks) if rank not in missing]
    of_ranks = (_rank(rank, shape, conditions, times, clocks) for rank in ranks)
    kept = {fault.rank: fault.kept_permille for fault in faults if fault.kind == "truncated"}
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        sizes = list(pool.map(partial(_write_rank, folder, template, kept), of_ranks, chunksize=_AT_ONCE))
    names = [_name(rank) for rank in ranks]
    (folder / "run.json").write_text(json.dumps(_run(shape, names, template, times), indent=1) + "\n")
    return sum(sizes)


def _name(rank: int) -> str:
    return f"trace-rank-{rank}.json.gz"


def _rank(rank: int, shape: Shape, conditions: Conditions, times: Schedule, clocks: Sequence[Clock]) -> Rank:
    return Rank(
        number=rank,
        shape=shape,
        groups=tuple(conditions.groups[:, rank].tolist()),
        clock=clocks[shape.host(rank)],
        permille=int(conditions.host_permille[rank]),
        sample=conditions.sample[rank],
        anchors=times.anchors[rank],
        start=times.start[rank],
        end=times.end[rank],
    )


def _write_rank(folder: Path, template: Template, kept: dict[int | None, int | None], rank: Rank) -> int:
    path = folder / _name(rank.number)
    with path.open("wb") as raw, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as file:
        for piece in trace_text(template, rank):
            file.write(piece.encode())
    if permille := kept.get(rank.number):
        os.truncate(path, path.stat().st_size * permille // 1000)
    return path.stat().st_size


def _run(shape: Shape, names: Sequence[str], template: Template, times: Schedule) -> dict[str, object]:
    base_ns = template.head["baseTimeNanoseconds"]
    return {
        "schema": "gpu-trace.run/1",
        "command": ["scripts/make-fleet", "--ranks", str(shape.ranks), "--seed", str(shape.seed)],
        "simulated": True,
        "job": None,
        "began_ns": base_ns + template.began_ns,
        "wall_ns": times.job_ns,
        "traces": list(names),
    }
