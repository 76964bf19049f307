"""Jobs written by hand: collectives of ranks on machines whose clocks run as one likes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.job.compared.matched_job import Job
from gpu_trace_analyzers.job.kept.merged import merged
from gpu_trace_analyzers.job.kept.partial import Partial
from gpu_trace_analyzers.job.kept.tables import Collectives, Groups, Ranks
from gpu_trace_analyzers.model import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALL_REDUCE = "ncclDevKernel_AllReduce_Sum_f32_RING_LL"


def job(
    hosts: Sequence[str | None],
    collectives: Sequence[tuple[str, int, int, int, int]],
    groups: Mapping[str, Sequence[int]] | None = None,
    name: str = ALL_REDUCE,
    **columns: Sequence[int],
) -> Job:
    """Of a machine per rank, and (group, sequence, rank, start, end) per collective; other columns of `Collectives`."""
    strings = [name, *dict.fromkeys([each[0] for each in collectives]), *dict.fromkeys(filter(None, hosts))]
    code = {text: place for place, text in enumerate(strings)}
    ranks = range(len(hosts))
    zeros = np.zeros(len(hosts), np.int64)
    figures = {each: zeros for each, dtype in Ranks.columns().items() if each.endswith("_ns")}
    of_ranks = {
        "rank": ranks,
        "host": [MISSING if host is None else code[host] for host in hosts],
        "world_size": [len(hosts)] * len(hosts),
        "steps": zeros + 1,
        "began_ns": zeros + 10**18,
    }
    group, sequence, rank, start_ns, end_ns = zip(*collectives, strict=True) if collectives else [()] * 5
    rows = {
        "rank": rank, "group": [code[each] for each in group], "sequence": sequence, "name": [0] * len(rank),
        "start_ns": start_ns, "end_ns": end_ns, "size": [1000] * len(rank), "step": [0] * len(rank), **columns,
    }  # fmt: skip
    calls = Counter((name, rank) for name, _, rank, *_ in collectives)
    pairs = [(each, name) for name, members in (groups or {}).items() for each in members]
    of_groups = {
        "rank": [each for each, _ in pairs], "group": [code[name] for _, name in pairs],
        "belongs": [1] * len(pairs), "calls": [calls[name, each] for each, name in pairs],
    }  # fmt: skip
    tables = {
        "ranks": Ranks.of({**figures, **of_ranks}),
        "collectives": Collectives.of(rows),
        "groups": Groups.of(of_groups),
    }
    return Job(merged([Partial.of(tuple(strings), {**Partial().tables(), **tables})]))


def without_numbers(kept: Partial) -> Partial:
    """The same of traces that do not number collectives."""
    none = dict.fromkeys(("first_sequence", "last_sequence"), np.full(len(kept.groups), MISSING))
    collectives = replace(kept.collectives, sequence=np.full(len(kept.collectives), MISSING))
    return replace(kept, collectives=collectives, groups=replace(kept.groups, **none))


def lacking_one(kept: Partial, rank: int) -> Partial:
    """The same, with a rank whose trace lacks the second of its collectives."""
    row = np.flatnonzero(kept.collectives.rank == rank)[1]
    group = kept.groups.group == kept.collectives.group[row]
    calls = kept.groups.calls - (group & (kept.groups.rank == rank))
    collectives = kept.collectives[np.arange(len(kept.collectives)) != row]
    return replace(kept, collectives=collectives, groups=replace(kept.groups, calls=calls))
