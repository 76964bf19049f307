"""Two ranks that shared one H200, recorded at the default level: each all-reduce names its group, bytes and number."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest

from gpu_trace_analyzers.model import MISSING, Engine
from gpu_trace_analyzers.questions.ranks import rank_figures
from gpu_trace_analyzers.readers import load

FOLDER = Path(__file__).parents[2] / "samples/traces/one_h200/two_ranks"
NUMBERS = list(range(21))
CLOCKS_NS = 50_000
"""what CUPTI's clocks of two processes may differ by"""
SIZES = [4 << 16] * 20 + [4]
"""20 all-reduces of 65,536 floats, and the barrier"""


@pytest.fixture(scope="module")
def spans() -> list[dict[int, tuple[int, int]]]:
    """By rank and number: start and end of each all-reduce in ns, read without any reader of ours."""
    found = []
    for rank in (0, 1):
        text = gzip.decompress((FOLDER / f"trace-rank-{rank}.json.gz").read_bytes())
        trace = json.loads(text, parse_float=Decimal)
        base = int(trace["baseTimeNanoseconds"])
        rows = [row for row in trace["traceEvents"] if "AllReduce" in row["name"] and row.get("cat") == "kernel"]
        times = [(base + int(row["ts"] * 1000), base + int((row["ts"] + row["dur"]) * 1000)) for row in rows]
        found.append(dict(zip((row["args"]["Seq"] for row in rows), times, strict=True)))
    return found


def test_every_collective_has_a_group_a_size_and_a_number(spans):
    trace = load(FOLDER)
    for device in range(2):
        work = trace.work_of(device)
        own = work[work.engine == Engine.COLLECTIVE]
        assert own.sequence.tolist() == NUMBERS == sorted(spans[device])
        assert own.size.tolist() == SIZES
        [group] = set(own.group.tolist())
        assert trace.text(group).endswith(" [0, 1]")
        others = work[work.engine != Engine.COLLECTIVE]
        assert set(others.sequence.tolist()) == {MISSING}


def test_ranks_are_compared_by_those_numbers(spans):
    late_ns = [spans[0][number][0] - spans[1][number][0] for number in NUMBERS]
    expected = [
        (len(NUMBERS), sum(ns > 0 for ns in signed), sum(ns for ns in signed if ns > 0))
        for signed in (late_ns, [-ns for ns in late_ns])
    ]
    rows = rank_figures(load(FOLDER))
    assert [(row.collectives, row.came_last, row.awaited_ns) for row in rows] == expected
    assert not any(row.in_doubt for row in rows)


def test_a_collective_never_ends_on_a_rank_before_the_other_has_come(spans):
    for number in NUMBERS:
        assert min(span[number][1] for span in spans) > max(span[number][0] for span in spans) - CLOCKS_NS
