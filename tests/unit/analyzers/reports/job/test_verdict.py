"""The first line of a job names what costs most and who causes it, and nothing that is not certain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.reports.job.verdict import culprit, verdict
from job_answers import EACH_KIND, MS, bare, found, healthy, nothing, with_findings


def test_a_finding_that_costs_something_comes_first():
    said = verdict(with_findings(found("late_data", ((12, 12), (40, 41)), cost_ms=494), ranks=64))
    assert said == (
        "ranks 12, 40-41 wait for data: without that the job would take 10.0 % less (4.45 s instead of 4.94 s)"
    )


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (found("slow_host", ((8, 15),), "node1"), "host node1 is slow"),
        (found("slow_host", ((8, 15),)), "ranks 8-15 take longer on their hosts"),
        (found("slow_host", ((8, 8),), "node1"), "rank 8 takes longer on its host"),
        (found("slow_gpu", ((8, 8),), "node1"), "rank 8 computes longer"),
        (found("late_rank", ((8, 9),)), "ranks 8-9 come late to collectives"),
        (found("wrong_group", ((8, 8),)), "rank 8 is in a wrong process group"),
        (found("clock_uncertain", ((8, 15),), "node1"), "the clock of host node1 is uncertain"),
        (found("transfer", ()), "transfers between ranks are slow"),
        (found("bubble", ()), "pipeline stages wait for one another"),
        (found("a kind of later", ((1, 1),)), "rank 1 stands out"),
    ],
)
def test_the_culprit_is_named(finding, words):
    assert culprit(finding) == words


@pytest.mark.parametrize("finding", [found("slow_gpu", cost_ms=9), found("slow_gpu", cost_ms=900, conclusive=False)])
def test_a_finding_that_is_small_or_not_certain_does_not_come_first(finding):
    assert verdict(with_findings(finding)).startswith("16 ranks computed for ")


def test_without_a_finding_it_says_where_the_time_went():
    assert verdict(healthy()) == (
        "16 ranks computed for 61.7 % of the time; in exposed collectives for 20.9 %: mostly waiting for other ranks; "
        "no rank, host or group was found that costs time for certain"
    )
    assert verdict(with_findings(EACH_KIND[-1])).endswith("; no finding is certain")


def test_the_cause_of_less_than_half_of_a_loss_is_not_named():
    answer = healthy()
    collectives = answer.account[1]
    third = collectives.ns // 3
    causes = (("transfer", collectives.ns - 2 * third), ("waiting_for_rank", third), ("unknown", third))
    account = (answer.account[0], replace(collectives, causes=causes), *answer.account[2:])
    assert "in exposed collectives for 20.9 %; no rank" in verdict(replace(answer, account=account))


def test_ranks_that_compute_all_the_time_lose_nothing():
    answer = healthy()
    computing = replace(answer.account[0], ns=answer.window_ns)
    said = verdict(replace(answer, account=(computing, *(replace(each, ns=0) for each in answer.account[1:]))))
    computed = "16 ranks computed for 100.0 % of the time"
    assert said == f"{computed}; no rank, host or group was found that costs time for certain"


def test_there_may_be_no_time_and_no_rank():
    assert verdict(nothing()) == "no rank could be read"
    assert verdict(replace(bare(), window_ns=0)) == "no time to account for"
    assert verdict(replace(bare(), findings=(found("slow_gpu", cost_ms=5 * MS),))).startswith("9 ranks computed")
