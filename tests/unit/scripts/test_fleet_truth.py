"""What is found of a simulated job is what is wrong with it, and nothing else; scripts/fleet-truth has many more."""

import gzip
import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.job.answered import answered as answer_of
from gpu_trace_analyzers.job.reading.read_job import read_job
from gpu_trace_analyzers.job.reading.sources import rank_files
from scripts.fleet_truth import MOST_CLOCK_ERROR_NS, SKEW_NS, Score, clock_error_ns, compared, simulated

SEED = 9
DRAWN = "slow_host,late_data,slow_gpu,wrong_group,missing,truncated"


@cache
def answered(base: str, faults: str):
    """The answer of a job and its truth."""
    with TemporaryDirectory() as folder:
        return simulated(Path(folder), base, SEED, faults, SKEW_NS)


@pytest.mark.parametrize(
    ("base", "faults", "named"),
    [("ddp", DRAWN, 6), ("ddp", "none", 0), ("fsdp", "slow_link", 1), ("tensor_parallel", "slow_host", 1)],
)
def test_each_fault_is_named_and_nothing_else_is(base, faults, named) -> None:
    scores: dict[str, Score] = defaultdict(Score)
    answer, truth = answered(base, faults)

    assert compared(answer, truth, scores) == []
    assert sum(score.named for score in scores.values()) == named == len(answer.findings)
    assert clock_error_ns(answer, truth) < MOST_CLOCK_ERROR_NS


def test_what_is_not_as_the_truth_has_it_is_said() -> None:
    scores: dict[str, Score] = defaultdict(Score)
    answer, truth = answered("ddp", DRAWN)
    (fault,) = (fault for fault in truth["faults"] if fault["kind"] == "slow_gpu")
    other = {**fault, "rank": (fault["rank"] + 1) % truth["ranks"]}

    said = compared(answer, {**truth, "faults": [other]}, scores)

    assert said[0].startswith("slow_gpu not found")
    assert any(each.startswith("slow_gpu of") for each in said)
    assert (scores["slow_gpu"].there, scores["slow_gpu"].named, scores["slow_gpu"].wrong) == (1, 0, 1)


def _strip_numbers(path, lacks_one=False) -> None:
    """Write a trace without numbers of collectives; it may also lack the collective in its middle."""
    document = json.loads(gzip.decompress(path.read_bytes()))
    events = document["traceEvents"]
    for event in events:
        event.get("args", {}).pop("Seq", None)
    if lacks_one:
        collectives = [event for event in events if event.get("cat") == "kernel" and "nccl" in event["name"]]
        events.remove(sorted(collectives, key=lambda event: event["ts"])[len(collectives) // 2])
    path.write_bytes(gzip.compress(json.dumps(document).encode(), 1))


def _answered_again(folder):
    return answer_of(read_job(folder, rank_files(folder), Asked(), workers=1), str(folder))


def test_without_the_numbers_of_collectives_the_same_is_found_or_nothing(tmp_path) -> None:
    answer, _ = simulated(tmp_path, "ddp", 9, "slow_host,late_data,missing", SKEW_NS)
    for path in (tmp_path / "job").glob("trace-rank-*.json.gz"):
        _strip_numbers(path)
    again = _answered_again(tmp_path / "job")
    assert again.findings == answer.findings != ()
    assert (again.groups_by_order > 0, again.groups_not_matched) == (True, 0)

    _strip_numbers(tmp_path / "job/trace-rank-0.json.gz", lacks_one=True)
    again = _answered_again(tmp_path / "job")
    assert [each.kind for each in again.findings] == ["missing"]
    assert (again.groups_by_order, again.groups_not_matched > 0) == (0, True)
