"""Answers about jobs of many ranks, made by hand: healthy, with each kind of finding, large, and empty."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

import numpy as np

from gpu_trace_analyzers.columns import MISSING
from gpu_trace_analyzers.job.answer import (
    Finding,
    GroupFigures,
    Heat,
    HostClock,
    HostFigures,
    JobAnswer,
    Quantiles,
    Share,
    Stage,
)
from gpu_trace_analyzers.job.kept.histogram import bucket_of
from gpu_trace_analyzers.job.kept.tables import Lengths, Operations

MS = 1_000_000
STRINGS = (
    "compute",
    "collective",
    "void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm>",
    "ncclDevKernel_AllReduce",
)
RANKS_PER_HOST = 8
KINDS = (
    *("slow_host", "late_data", "slow_gpu", "late_rank", "wrong_group", "transfer", "bubble"),
    *("missing", "damaged", "clock_uncertain"),
)


def found(kind: str, ranks=((5, 5),), host="", cost_ms=120, **others) -> Finding:
    who = f"host {host}" if host else f"rank {ranks[0][0]}" if ranks else "the job"
    usual = f"{who} takes 31.2 % longer per step than the other ranks of its groups ({kind})"
    return Finding(
        kind=kind,
        ranks=ranks,
        host=host,
        cost_ns=cost_ms * MS,
        error_ns=others.pop("error_ns", MS // 2),
        sentence=others.pop("sentence", usual),
        remedy=others.pop("remedy", "compare its clocks and its CPU affinity with those of another host"),
        **others,
    )


EACH_KIND = (
    found(
        "slow_host",
        ((136, 143),),
        "node017",
        1200,
        error_ns=12 * MS,
        sentence="host node017 (ranks 136-143) launches 31.2 % slower than the median host: 262.1 ms of a step against "
        "199.8 ms",
        remedy="look for other load on node017 (top, numactl) and its power profile; move its ranks to another host",
    ),
    found(
        "late_data",
        ((12, 12), (40, 41)),
        "",
        430,
        sentence="ranks 12, 40-41 wait 21.4 ms of each step for the next batch, and all others for them",
        remedy="give their data loaders more workers, or move their shards to faster storage",
    ),
    found(
        "slow_gpu",
        ((77, 77),),
        "node009",
        310,
        sentence="the GPU of rank 77 (node009) computes for 214.0 ms of a step where the others need 183.2 ms",
        remedy="check its clocks, power and ECC errors: nvidia-smi -q -d CLOCK,POWER,ECC",
    ),
    found("late_rank", ((9, 9),), "", 90, sentence="rank 9 comes 5.10 ms late to collectives, for no visible reason"),
    found(
        "wrong_group",
        ((3, 3), (64, 64)),
        "",
        0,
        sentence="ranks 3 and 64 call collectives of process groups that they are not in",
        remedy="compare the ranks that each process passes to dist.new_group",
    ),
    found("transfer", (), "", 210, sentence="all-reduces of 268 MB move 61.2 GB/s, those of 67 MB 182.0 GB/s"),
    found("bubble", (), "", 150, sentence="pipeline stages are idle for 18.3 % of each step, the first one most"),
    found("missing", ((8, 15), (200, 200)), "", 0, sentence="ranks 8-15, 200 have no trace (9 of 4,096)", remedy=""),
    found("damaged", ((31, 31),), "", 0, sentence="the trace of rank 31 ends in the middle of an event", remedy=""),
    found(
        "clock_uncertain",
        ((504, 511),),
        "node063",
        0,
        conclusive=False,
        sentence="the clock of node063 is uncertain by 1.20 ms: it shares 2 collectives with other hosts",
        remedy="record more steps, or run chrony on all hosts",
    ),
)


def quantiles(values) -> Quantiles:
    """Of a value per rank, which are those of ranks 0, 1, ..."""
    order = sorted(values)
    last = len(order) - 1
    return Quantiles(
        order[0], order[last // 10], order[last // 2], order[last - last // 10], order[-1], values.index(order[-1])
    )


def account(ranks: int, random: Random, window_ns: int) -> tuple[Share, ...]:
    shares = (("compute", 0.62), ("collective", 0.21), ("copy", 0.04), ("other", 0.01))
    of_rank = {
        owner: [round(window_ns * part * random.uniform(0.97, 1.03)) for _ in range(ranks)] for owner, part in shares
    }
    of_rank["idle"] = [window_ns - sum(values) for values in zip(*of_rank.values(), strict=True)]
    causes = {
        "collective": (("waiting_for_rank", 0.8), ("transfer", 0.2)),
        "copy": (("pageable", 1.0),),
        "other": (("memset", 1.0),),
        "idle": (("launch_bound", 0.6), ("waiting_for_data", 0.3), ("unknown", 0.1)),
    }
    return tuple(
        Share(owner, sum(values), quantiles(values), split(sum(values), causes.get(owner, ())))
        for owner, values in of_rank.items()
    )


def split(ns: int, causes) -> tuple[tuple[str, int], ...]:
    """Causes that add up exactly: the first has what rounding leaves."""
    parts = [(cause, int(ns * part)) for cause, part in causes]
    return tuple((cause, part + (0 if i else ns - sum(p for _, p in parts))) for i, (cause, part) in enumerate(parts))


def heat(ranks: int, steps: int, random: Random, late=lambda rank, step: False, most: int = 64) -> Heat:
    ranks_each, steps_each = -(-ranks // most), -(-steps // most)
    rows, columns = -(-ranks // ranks_each), -(-steps // steps_each)
    late_ns = [[random.randrange(200_000) for _ in range(columns)] for _ in range(rows)]
    late_rank = [
        [min(ranks - 1, row * ranks_each + random.randrange(ranks_each)) for _ in range(columns)] for row in range(rows)
    ]
    for rank in range(ranks):
        for step in range(steps):
            if late(rank, step):
                cell = rank // ranks_each, step // steps_each
                late_ns[cell[0]][cell[1]], late_rank[cell[0]][cell[1]] = 21 * MS + 1000 * step, rank
    hosts = tuple(_hosts(row * ranks_each, min(ranks, (row + 1) * ranks_each) - 1) for row in range(rows))
    return Heat(3, steps_each, ranks_each, hosts, tuple(map(tuple, late_ns)), tuple(map(tuple, late_rank)))


def host_of(rank: int) -> str:
    return f"node{rank // RANKS_PER_HOST:03}"


def _hosts(first: int, last: int) -> str:
    return host_of(first) if host_of(first) == host_of(last) else f"{host_of(first)} to {host_of(last)}"


def stretch_of(host: int) -> tuple[tuple[int, int], ...]:
    return ((host * RANKS_PER_HOST, (host + 1) * RANKS_PER_HOST - 1),)


def hosts(number: int, random: Random) -> tuple[HostFigures, ...]:
    rows = [
        HostFigures(
            f"node{host:03}",
            stretch_of(host),
            183 * MS + random.randrange(MS),
            199 * MS + random.randrange(9 * MS),
            11 * MS,
        )
        for host in range(min(number, 32))
    ]
    return tuple(sorted(rows, key=lambda row: -row.host_ns))


def clocks(number: int, random: Random) -> tuple[HostClock, ...]:
    rows = [
        HostClock(
            f"node{host:03}",
            RANKS_PER_HOST,
            random.randrange(-5 * MS, 5 * MS) if host else 0,
            random.randrange(-20_000, 20_000) if host else 0,
            random.randrange(3_000, 9_000),
            random.randrange(9_000, 20_000),
            random.randrange(300, 900),
        )
        for host in range(min(number, 32))
    ]
    return tuple(sorted(rows, key=lambda row: -row.uncertainty_ns))


def groups(ranks: int) -> tuple[GroupFigures, ...]:
    by_size = ((67_108_864, 1280, 182.0), (268_435_456, 640, 61.2), (MISSING, 32, None))
    every_8th, neighbors = (
        GroupFigures("data parallel: every 8th rank", 8, ranks // 8, 1952, 812_000 * MS, 201_000 * MS, 143.1, by_size),
        GroupFigures("tensor parallel: 8 neighbors", ranks // 8, 8, 40_960, 20_000 * MS, 9_000 * MS, None, ()),
    )
    return every_8th, neighbors


def operations(ranks: int, random: Random, rows: int = 20) -> Operations:
    return Operations.of(
        {
            "rank": [random.randrange(ranks) for _ in range(rows)],
            "start_ns": [1_800_000_000_000_000_000 + random.randrange(10**9) for _ in range(rows)],
            "ns": sorted((random.randrange(MS, 9 * MS) for _ in range(rows)), reverse=True),
            "name": [2 + i % 2 for i in range(rows)],
            "engine": [i % 2 for i in range(rows)],
        }
    )


def lengths() -> Lengths:
    """Of kernels 90 of 100 are 10 ns long, 9 are 100 to 103 ns, and one 1,024 to 1,151 ns; collectives are 12 ns."""
    buckets = bucket_of(np.array([10, 100, 1024, 12]))
    return Lengths.of({"engine": [0, 0, 0, 1], "bucket": buckets, "count": [90, 9, 1, 7], "ns": [900, 909, 1100, 84]})


@cache
def healthy(ranks: int = 16, steps: int = 12, seed: int = 1) -> JobAnswer:
    """A job in which every rank is like the others."""
    random = Random(seed)
    window_ns = steps * 412 * MS
    number = -(-ranks // RANKS_PER_HOST)
    return JobAnswer(
        path="runs/train-7",
        ranks=ranks,
        world_size=ranks,
        hosts=hosts(number, random),
        hosts_in_all=number,
        warm_up_steps=0,
        groups_by_order=0,
        groups_not_matched=0,
        step_ns=quantiles([412 * MS + random.randrange(2 * MS) for _ in range(ranks)]),
        window_ns=ranks * window_ns,
        job_ns=window_ns,
        ideal_ns=window_ns - 9 * MS,
        account=account(ranks, random, window_ns),
        findings=(),
        findings_in_all=0,
        clocks=clocks(number, random),
        groups=groups(ranks),
        stages=tuple(Stage(i, ((i * ranks // 4, (i + 1) * ranks // 4 - 1),), 70 * MS, 412 * MS) for i in range(4)),
        heat=heat(ranks, steps, random),
        missing=(),
        damaged=(),
        damaged_in_all=0,
        operations=operations(ranks, random),
        lengths=lengths(),
        strings=STRINGS,
    )


def with_findings(*each: Finding, ranks: int = 16, **others) -> JobAnswer:
    """The healthy job, with these findings."""
    return replace(healthy(ranks), findings=each, findings_in_all=len(each), **others)


@cache
def large() -> JobAnswer:
    """4096 ranks on 512 hosts, with a finding of each kind, of which eight cost something or name ranks."""
    answer = healthy(4096, 40)
    late = {*range(136, 144), 12, 40, 41, 77}
    return replace(
        answer,
        path="/scratch/jobs/llm-70b/2026-11-29/traces",
        ranks=4087,
        world_size=4096,
        findings=EACH_KIND,
        findings_in_all=len(EACH_KIND),
        ideal_ns=answer.job_ns * 9 // 10,
        heat=heat(4096, 40, Random(5), lambda rank, step: rank in late and step % 3),
        missing=((8, 15), (200, 200)),
        damaged=((31, "rank31.json.gz: the file ends in the middle of an event"),),
        damaged_in_all=1,
    )


def bare() -> JobAnswer:
    """Ranks without steps, clocks, groups or heat, and of which no world size is known."""
    return replace(
        healthy(9),
        world_size=MISSING,
        hosts=(),
        hosts_in_all=0,
        step_ns=None,
        warm_up_steps=0,
        groups_by_order=0,
        groups_not_matched=0,
        job_ns=0,
        ideal_ns=0,
        clocks=(),
        groups=(),
        stages=(),
        heat=None,
        operations=Operations.empty(),
        lengths=Lengths.empty(),
        strings=(),
    )


def nothing() -> JobAnswer:
    """No rank could be read."""
    return replace(
        bare(),
        ranks=0,
        window_ns=0,
        account=(),
        damaged=((MISSING, "rank0.json.gz: is not a trace in a supported format"),),
        damaged_in_all=41,
    )
