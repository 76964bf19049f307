"""The first line of a job in words, on literal jobs and on the recorded ones."""

from __future__ import annotations

from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.reports.sections.job_verdict import folded, job_verdict
from gpu_trace_analyzers.summary import summarized
from literal_jobs import job


def said(text):
    return job_verdict(summarized(Scope(job(text))))


def test_the_rank_that_the_others_wait_for_is_named_with_what_it_does():
    assert said("k 0-100; s9 nccl 100-1010 name=a; gpu1 k 0-1000; gpu1 s9 nccl 1000-1010 name=a") == (
        "rank 0: in exposed collectives for 89.1 % of the time: waiting for rank 1, which computes for longer (once)"
    )


def test_ranks_that_wait_for_each_other():
    text = "nccl 0-60 name=a; gpu1 nccl 50-60 name=a; gpu1 nccl 100-160 name=b; nccl 150-160 name=b"
    assert said(text).endswith(": waiting for one rank after another")


def test_a_trace_of_one_device_has_no_job():
    assert said("k 0-10; nccl 10-20") == ""


def test_ranks_that_are_alike_are_folded_into_the_first():
    text = "; ".join(f"gpu{rank} k 0-100; gpu{rank} nccl 100-200 name=a" for rank in range(5))
    found = folded(summarized(Scope(job(f"{text}; gpu5 k 0-200"))))
    assert found == {0: "ranks 1-4: as rank 0", 5: ""}
    assert folded(summarized(Scope(job("k 0-10; gpu1 k 0-10"))))[0] == "rank 1: as rank 0"
