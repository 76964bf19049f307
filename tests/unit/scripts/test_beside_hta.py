"""What both tools are given, and what a program is said to have cost."""

from __future__ import annotations

import gzip
import json
import sys

import pytest

from scripts.beside_hta.measured import measured
from scripts.beside_hta.ranks import HtaNames, write_job


def test_ranks_are_in_the_words_that_hta_knows(tmp_path):
    job = write_job(tmp_path, 8, 2, 3, "late_data", HtaNames.EXPECTED)
    assert job.truth.startswith("late_data on rank ")
    assert sorted(path.name for path in job.folder.iterdir()) == [f"trace-rank-{rank}.json.gz" for rank in range(8)]
    document = json.loads(gzip.decompress((job.folder / "trace-rank-5.json.gz").read_bytes()))
    steps = [event for event in document["traceEvents"] if event["name"].startswith("ProfilerStep#")]
    assert [(event["name"], event["cat"], event["pid"] == event["tid"]) for event in steps] == [
        ("ProfilerStep#0", "user_annotation", True),
        ("ProfilerStep#1", "user_annotation", True),
    ]
    kernels = {event["name"] for event in document["traceEvents"] if event.get("cat") == "kernel"}
    assert any(name.startswith("ncclKernel_AllReduce") for name in kernels)


def test_the_cost_is_that_of_all_processes():
    child = "x = bytearray(60_000_000); import time; t = time.process_time()\nwhile time.process_time() < t + 0.3: pass"
    program = f"import subprocess, sys; print('said'); subprocess.{{}}([sys.executable, '-c', {child!r}])"
    for way in ("Popen", "run"):  # one that is left behind, and one that is waited for
        cost, output = measured([sys.executable, "-c", program.format(way)])
        assert output == "said\n"
        assert cost.cpu_s >= 0.3
    assert cost.peak_mb > 60


def test_a_program_that_fails_ends_the_comparison():
    with pytest.raises(SystemExit, match="no such thing"):
        measured([sys.executable, "-c", "raise SystemExit('no such thing')"])
