from __future__ import annotations

import re

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.questions.account.collectives import ONE_RANK_CPU_RULES
from gpu_trace_analyzers.questions.account.idle.explain import CPU_RULES
from gpu_trace_analyzers.questions.account.other import OTHER_CPU_RULES
from gpu_trace_analyzers.questions.causes import CPU_COPY_RULES
from gpu_trace_analyzers.reports.sections.verdict import verdict
from literal import literal

NEXT = "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"


def first_line(text, kind="cpu"):
    account = Analysis(literal(text, kind)).account
    return verdict(account.first, account.steady)


def test_a_cpu_that_computes_is_told_by_its_operators():
    line = first_line("k 0-700 name=mm; k 700-900 name=relu; k 900-1000 name=mm")
    assert line == "computed for 100.0 % of the time: 80.0 % of operator time in mm"


def test_a_gpu_is_not():
    assert first_line("k 0-700 name=mm; k 700-1000 name=relu", "gpu") == "computed for 100.0 % of the time"


@pytest.mark.parametrize(
    ("mm", "named"),
    [(501, "50.1 % of operator time in mm"), (500, "50.0 % of operator time in mm, 30.0 % in relu")],
)
def test_operators_are_named_until_they_have_more_than_half_of_the_time(mm, named):
    assert first_line(f"k 0-{mm} name=mm; k {mm}-{mm + 300} name=relu; k {mm + 300}-1000 name=add").endswith(named)


def test_where_three_have_less_than_half_only_the_longest_is_named():
    spread = "; ".join(f"k {i * 100}-{(i + 1) * 100} name=op{i}" for i in range(8))
    line = first_line(f"{spread}; k 800-901 name=op0; k 901-1000 name=op9")
    assert line == "computed for 100.0 % of the time: 20.1 % of operator time in op0, the rest in many"


def test_threads_count_each_with_its_own_time():
    line = first_line("s1 k 0-1000 name=mm; s2 k 0-500 name=relu; s3 k 0-500 name=relu; s3 k 500-600 name=mm")
    assert line == "computed for 100.0 % of the time: 52.4 % of operator time in mm"


@pytest.mark.parametrize(
    ("computes", "line"),
    [
        (601, "computed for 60.1 % of the time: 100.0 % of operator time in mm; idle for 39.9 %: no operator ran"),
        (499, "idle for 50.1 % of the time: no operator ran (once)"),
        (500, "idle for 50.0 % of the time: no operator ran (once)"),
    ],
)
def test_what_it_computes_comes_before_time_without_operators_if_it_is_most(computes, line):
    assert first_line(f"k 0-{computes - 10} name=mm; k 990-1000 name=mm") == line


def test_a_loss_without_a_cause_is_called_that_behind_what_it_computes():
    line = first_line("s1 k 0-600 name=mm; s2 nccl 600-900; s1 k 900-1000 name=mm")
    computed = "computed for 70.0 % of the time: 100.0 % of operator time in mm"
    assert line == f"{computed}; in exposed collectives for 30.0 %: cause not seen"


def test_a_loss_with_a_cause_comes_first():
    line = first_line(f"range {NEXT} 600-990; s1 k 0-600 name=mm; s1 k 990-1000 name=mm")
    assert line.startswith("idle for 39.0 % of the time: waiting for the next batch")


def test_threads_that_take_turns_are_told():
    turns = "; ".join(f"s{i % 4} k {i * 100}-{i * 100 + 100} name=mm" for i in range(40))
    line = first_line(turns)
    assert line == (
        "computed for 100.0 % of the time: 100.0 % of operator time in mm; 4 threads computed one at a time for 95.0 %"
    )
    apart = "; ".join(f"s{i % 4} k {i * 210}-{i * 210 + 100} name=mm" for i in range(40))
    said = "idle for 51.7 % of the time: no operator ran; 4 threads computed one at a time for 45.8 %"
    assert first_line(apart) == said


IMPOSSIBLE = re.compile(r"stream|\bpin|CUDA|GPU|event|kernel|NVTX", re.IGNORECASE)


def test_no_rule_of_a_cpu_has_a_remedy_that_needs_a_gpu():
    rules = (*CPU_COPY_RULES, *ONE_RANK_CPU_RULES, *CPU_RULES, *OTHER_CPU_RULES)
    assert not [rule.remedy for rule in rules if IMPOSSIBLE.search(rule.remedy)]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (f"range {NEXT} 600-99990; s1 k 0-600; s1 k 99990-100000", "waiting_for_data"),
        (f"range {NEXT} 600-2000600; s1 k 0-600; s1 k 2000600-2000601", "waiting_for_data"),
        ("k 0-600; k 990-1000", "host_unobserved"),
        ("k 0-600; memset 600-990; k 990-1000", "memset"),
        ("k 0-600; d2d 600-990; k 990-1000", "copy_d2d"),
    ],
)
def test_no_loss_of_a_cpu_has_a_remedy_that_needs_a_gpu(text, cause):
    found = Analysis(literal(text, "cpu"), copies=[Engine.COPY_H2D]).account.devices[0].losses
    loss = next(loss for loss in found if loss.cause == cause)
    assert loss.remedy
    assert not IMPOSSIBLE.search(loss.remedy)
