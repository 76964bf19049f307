"""The first line of a job in words, on literal jobs and on the recorded ones."""

from __future__ import annotations

from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.reports.sections.job_verdict import alike_line, folded, job_verdict
from gpu_trace_analyzers.summary import summarized
from literal_jobs import job


def said(text):
    return job_verdict(summarized(Scope(job(text))))


def test_the_rank_that_the_others_wait_for_is_named_with_what_it_does():
    assert said("k 0-100; s9 nccl 100-1010 name=a; gpu1 k 0-1000; gpu1 s9 nccl 1000-1010 name=a") == (
        "rank 0: in exposed collectives for 89.1 % of the time: waiting for rank 1, which computes for longer (once)"
    )


def test_the_kind_of_step_in_which_ranks_wait_is_named():
    # Rank 1 comes 3,000 ns late to the collective of each third step, and 200 ns to those of the others.
    text = []
    for number, late in enumerate([200, 200, 3000] * 3):
        host, at, name = number * 100, 5_000 + number * 10_000, "evaluate" if late > 1000 else "train"
        comes, ends = at + 5000 + late, at + 5050 + late
        text += [f"range step#{number} {host}-{host + 100}; range {name} {host + 1}-{host + 99}"]
        text += [f"k {at}-{at + 5000} @{host + 2} name={name}; s9 nccl {at + 5000}-{ends} @{host + 3} name=a"]
        text += [f"gpu1 k {at}-{comes} @{host + 4} name={name}; gpu1 s9 nccl {comes}-{ends} @{host + 5} name=a"]
        text += [f"{gpu} k {ends}-{at + 10_000} @{host + 6} name=b" for gpu in ("gpu0", "gpu1")]
    line = said("; ".join(text))
    spent = "rank 0: in exposed collectives for 11.3 % of steps 0 to 8, mostly in steps with evaluate"
    assert line == f"{spent}: waiting for rank 1, which computes for longer"


LATE = """
    k 0-100 @0; s9 nccl 100-1010 @1 name=a
    gpu1 k 0-50 @0 t2; gpu1 k 950-1000 @950 t2; gpu1 s9 nccl 1000-1010 @950 t2 name=a
"""
STACKS = "; ".join(f"sample {at}-{at + 100} t2 holds_lock batches@/u/train.py:57" for at in range(50, 950, 100))


def test_the_line_of_a_late_rank_is_named():
    data = "range enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__ 50-950 t2"
    assert said(f"{LATE}; {data}; {STACKS}").endswith(
        ": waiting for rank 1, which waits for data at train.py:57 in batches (once)"
    )


def test_what_a_late_rank_did_without_a_known_cause_is_told_by_its_line_alone():
    assert said(LATE).endswith(": waiting for rank 1, which is idle for longer, cause not seen (once)")
    assert said(f"{LATE}; {STACKS}").endswith(
        ": waiting for rank 1, which is idle for longer: host busy at train.py:57 in batches (once)"
    )


def test_ranks_that_wait_for_each_other():
    text = "nccl 0-60 name=a; gpu1 nccl 50-60 name=a; gpu1 nccl 100-160 name=b; nccl 150-160 name=b"
    assert said(text).endswith(": waiting for one rank after another")


def test_a_trace_of_one_device_has_no_job():
    assert said("k 0-10; nccl 10-20") == ""


def test_ranks_that_are_alike_are_folded_into_the_first():
    text = "; ".join(f"gpu{rank} k 0-100; gpu{rank} nccl 100-200 name=a" for rank in range(5))
    summary = summarized(Scope(job(f"{text}; gpu5 k 0-200")))
    assert folded(summary) == {0: (1, 2, 3, 4), 5: ()}
    assert alike_line(summary, 0, (1, 2, 3, 4)) == "ranks 1-4: as rank 0"
    assert alike_line(summary, 0, [1]) == "rank 1: as rank 0"
    assert alike_line(summary, 5, ()) == ""
