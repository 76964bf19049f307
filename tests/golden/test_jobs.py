"""The jobs' truths, and their recordings: figures by a few lines of Python against those of the summary."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from statistics import median

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.sections.job_verdict import job_verdict
from summaries import summary_of

ROOT = Path(__file__).parents[2]
TRUTHS = sorted((ROOT / "samples/jobs/truths").glob("*.json"))
RECORDINGS = sorted(path.parent for path in (ROOT / "samples/traces").glob("*/*/truth.json"))
LIMITS = {"compute", "host", "data", "gpu", "start", "collectives", "bubble", "launches"}
OF_ONE_RANK = {"host", "data", "gpu", "start"}
MOST_BYTES = 1_000_000


@pytest.mark.parametrize("path", TRUTHS, ids=lambda path: path.stem)
def test_a_truth_says_what_limits_the_job(path):
    truth = json.loads(path.read_text())
    assert truth.keys() - {"measured"} == {"schema", "script", "arguments", "ranks", "limited", "why"}
    assert truth["schema"] == "gpu-trace.truth/1"
    assert (ROOT / truth["script"]).exists()
    limited = truth["limited"]
    assert limited["by"] in LIMITS
    assert (limited["rank"] in range(truth["ranks"])) == (limited["by"] in OF_ONE_RANK)
    assert limited["once"] is (limited["by"] == "start")
    assert limited.keys() - {"by", "rank", "once"} <= {"ms", "ms_per_step", "share"}


@pytest.mark.slow
def test_a_recorded_job_has_traces_clocks_and_its_truth(tmp_path):
    small = ["--layers", "2", "--width", "16", "--steps", "2"]
    command = ["scripts/record_jobs.py", "-o", str(tmp_path), "--only", "ddp_slow_host", "--", *small]
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True)
    folder = tmp_path / "ddp_slow_host"
    assert (folder / "truth.json").read_text() == (ROOT / "samples/jobs/truths/ddp_slow_host.json").read_text()
    clocks = json.loads((folder / "clocks.json").read_text())
    for kind in ("unrecorded", "recorded"):
        assert [clock["rank"] for clock in clocks[kind]] == [0, 1]
        assert min(clocks[kind][1]["steps_ms"]) >= 15  # its host computes for that long in each
    assert {process.rank for process in load(folder).processes} == {0, 1}


@pytest.fixture(scope="module", params=RECORDINGS, ids=lambda folder: folder.name)
def folder(request):
    """The tests of one recording follow each other, and read it once."""
    return request.param


@lru_cache(maxsize=2)
def rows_of(folder: Path, rank: int) -> tuple[int, list[dict]]:
    """What the times of a rank's trace count from, in ns, and its rows."""
    document = json.loads(gzip.decompress((folder / f"trace-rank-{rank}.json.gz").read_bytes()), parse_float=Decimal)
    return document["baseTimeNanoseconds"], document["traceEvents"]


@lru_cache(maxsize=1)
def analyzed(folder: Path) -> Analysis:
    return Analysis(folder)


def union_ns(spans: list[tuple[int, int]]) -> int:
    busy = until = 0
    for start, end in sorted(spans):
        busy += max(0, end - max(start, until))
        until = max(until, end)
    return busy


def test_the_figures_of_a_recording_are_those_counted_by_hand(folder):
    by_rank = {device.device.rank: device for device in analyzed(folder).figures if device.device.kind == "gpu"}
    for rank, device in by_rank.items():
        assert (folder / f"trace-rank-{rank}.json.gz").stat().st_size <= MOST_BYTES
        _, events = rows_of(folder, rank)
        kernels = [
            (int(row["ts"] * 1000), int((row["ts"] + row["dur"]) * 1000), "nccl" in row["name"].lower())
            for row in events
            if row.get("cat") == "kernel"
        ]
        assert device.compute_ns == union_ns([(start, end) for start, end, collective in kernels if not collective])
        assert device.collective_ns == union_ns([(start, end) for start, end, collective in kernels if collective])


def test_the_steps_of_a_recording_take_as_long_as_their_rank_measured(folder):
    """From the first step until the device has nothing left to do; the clock itself takes a fifth of a millisecond."""
    for clock in json.loads((folder / "clocks.json").read_text())["recorded"]:
        _, rows = rows_of(folder, clock["rank"])
        steps = sorted(row["ts"] for row in rows if row.get("cat") == "nvtx" and row["name"] == "step")
        waits = (row["ts"] + row["dur"] for row in rows if row["name"] == "cudaDeviceSynchronize")
        until = min(end for end in waits if end > steps[-1])
        assert len(steps) == len(clock["steps_ms"])
        assert float(until - steps[0]) / 1000 == pytest.approx(clock["wall_ms"], abs=0.2)


def test_the_ranks_of_a_recording_end_a_collective_together(folder):
    """Sending and receiving apart, in which two ranks do not wait for each other."""
    ends: list[dict[tuple, int]] = []
    for rank in (0, 1):
        base_ns, rows = rows_of(folder, rank)
        kernels = [row for row in rows if row.get("cat") == "kernel" and "SendRecv" not in row["name"]]
        ends.append(
            {
                (row["args"]["Process Group Name"], row["args"]["Seq"]): base_ns + int((row["ts"] + row["dur"]) * 1000)
                for row in kernels
                if "Seq" in row["args"]
            }
        )
    assert ends[0].keys() == ends[1].keys()
    apart = [abs(end - ends[1][key]) for key, end in ends[0].items()]
    assert median(apart or [0]) <= 50_000
    assert len(apart) >= 72 or folder.name == "pipeline"


def test_waiting_and_transfer_in_a_recording_are_those_counted_by_hand(folder):
    """For collectives with a number. A rank that left before the other came is not compared."""
    spans: list[dict[tuple, tuple[str, int, int, int]]] = []
    for rank in (0, 1):
        base_ns, rows = rows_of(folder, rank)
        spans.append(
            {
                (row["args"]["Process Group Name"], row["args"]["Seq"]): (
                    row["name"].removeprefix("void ").split("(")[0],
                    base_ns + int(row["ts"] * 1000),
                    base_ns + int((row["ts"] + row["dur"]) * 1000),
                    row["args"]["bytes"],
                )
                for row in rows
                if row.get("cat") == "kernel" and "Seq" in row["args"]
            }
        )
    analysis = analyzed(folder)
    figures = {(row.name, analysis.trace.devices[row.device].rank): row for row in analysis.summary.collectives}
    for rank in (0, 1):
        counted: dict[str, list[tuple[int, int, int]]] = {}
        for key, (name, start, end, size) in spans[rank].items():
            last = max(start, spans[1 - rank][key][1])
            if end > last:
                counted.setdefault(name, []).append((last - start, end - last, size))
        for name, each in counted.items():
            row, (waits, transfers, sizes) = figures[name, rank], map(sum, zip(*each, strict=True))
            assert (row.compared, row.wait_ns, row.transfer_ns) == (len(each), waits, transfers)
            per_rank = 2 if "AllGather" in name or "ReduceScatter" in name else 1
            assert row.algorithm_gb_per_s == pytest.approx(per_rank * sizes / transfers, rel=1e-12)
            if "Broadcast" not in name and "AllReduce" not in name:
                assert row.bus_gb_per_s == pytest.approx(row.algorithm_gb_per_s / 2, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ddp", "computed for"),
        ("ddp_slow_host", "waiting for rank 1, which blocks in synchronizing calls"),
        ("ddp_late_data", "waiting for rank 1, which waits for data"),
        ("ddp_slow_gpu", "waiting for rank 1, which computes for longer"),
        ("ddp_late_start", "computed for"),
        ("fsdp", "computed for"),
        ("pipeline", "waiting for one rank after another"),
    ],
)
def test_the_first_line_of_a_recorded_job(name, said):
    """What `truth.json` says of it."""
    found = job_verdict(summary_of(ROOT / "samples/traces/two_h200" / name))
    assert said in found
