"""What is found of a simulated job is what is wrong with it, and nothing else; scripts/fleet-truth has many more."""

from collections import defaultdict
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from scripts.fleet_truth import MOST_CLOCK_ERROR_NS, SKEW_NS, Score, clock_error_ns, compared, simulated

SEED = 8
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
