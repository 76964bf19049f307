"""Ranges that a count names are one; names that merely have a number in them are not."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.limits import Limits, Outcome
from gpu_trace_analyzers.limits import check as check_limits
from gpu_trace_analyzers.questions.numbered import FEW, MANY, numbered
from gpu_trace_analyzers.questions.ranges import range_figures, step_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.reports.text import to_text
from gpu_trace_analyzers.reports.tidy import to_csv
from literal import literal

SPACE = "~"
"""stands for a space in names here, where a space ends a word"""


def of(*names: str, threads: tuple[int, ...] = ()):
    """A trace of ranges of 10 ns in this order, each of which launches a kernel."""
    where = threads or (1,) * len(names)
    text = [
        f"range {name.replace(' ', SPACE)} {10 * i}-{10 * i + 9} t{thread};"
        f"k {10 * i + 2}-{10 * i + 5} @{10 * i + 1} t{thread}"
        for i, (name, thread) in enumerate(zip(names, where, strict=True))
    ]
    trace = literal(";".join(text))
    return replace(trace, strings=tuple(text.replace(SPACE, " ") for text in trace.strings))


def rows(*names: str, **how) -> list[tuple[str, int]]:
    return [(row.name, row.count) for row in range_figures(Scope(of(*names, **how)))]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("iter {}", "iter *"),
        ("Iteration {}", "Iteration *"),
        ("step#{}", "step#*"),
        ("train_step_{}", "train_step_*"),
        ("epoch: {}", "epoch: *"),
        ("iter[{}]", "iter[*]"),
        ("work #{}", "work #*"),
        ("op_id = {}", "op_id = *"),
        ("aten::add, seq = 7, op_id = {}", "aten::add, seq = *, op_id = *"),
        ("step {}: forward", "step *: forward"),
    ],
)
def test_a_count_behind_a_word_that_counts_is_no_name(form, shown):
    assert rows(*(form.format(n) for n in (3, 4, 10, 314290))) == [(shown, 4)]


@pytest.mark.parametrize(
    "form",
    [
        *("layer{}", "conv{}d", "{}_graph", "fp{}", "int{}", "gpt{}", "step{}x", "iter {}x", "resnet_{}", "stage {}"),
        *("layer {}", "block.{}", "rank={}", "batch={}", "bs={}", "seq_len={}", "size={}", "lr=0.{}", "step 0.{}"),
        *("footstep{}", "top-{}", "{}", "v1.{}", "sm_{}", "aten::convolution_{}"),
    ],
)
def test_a_number_that_belongs_to_a_name_stays(form):
    names = [form.format(n) for n in (1, 2, 8, 16)]
    assert rows(*names) == [(name, 1) for name in names]


def test_numbers_that_come_again_in_each_step_are_names():
    names = ["step 1", "step 2", "step 3"] * 2
    assert rows(*names) == [("step 1", 2), ("step 2", 2), ("step 3", 2)]


def test_numbers_that_fall_are_names():
    assert rows("step 3", "step 2", "step 1") == [("step 3", 1), ("step 2", 1), ("step 1", 1)]


def test_numbers_may_come_once_in_each_thread():
    assert rows("iter 1", "iter 1", "iter 2", "iter 2", "iter 3", threads=(1, 2, 1, 2, 1)) == [("iter *", 5)]


def test_steps_inside_epochs_count_through_both():
    names = [f"epoch {e} step {s}" for e in range(2) for s in range(3)]
    assert rows(*names) == [("epoch * step *", 6)]


def test_two_are_too_few_and_those_of_the_profiler_are_not():
    assert rows("iter 1", "iter 2") == [("iter 1", 1), ("iter 2", 1)]
    assert rows("ProfilerStep#1", "ProfilerStep#2") == [("ProfilerStep#*", 2)]
    assert rows("ProfilerStep#1") == [("ProfilerStep#1", 1)]
    assert rows(*(f"iter {n}" for n in range(FEW))) == [("iter *", FEW)]


@pytest.mark.parametrize(
    ("form", "folds"), [("bs={}", True), ("load/{}", True), ("layer{}", False), ("{}_graph", False)]
)
def test_of_many_names_any_separated_number_counts(form, folds):
    many, fewer = ([form.format(n) for n in range(count)] for count in (MANY, MANY - 1))
    assert len(rows(*fewer)) == MANY - 1
    assert rows(*many) == [(form.format("*"), MANY)] if folds else len(rows(*many)) == MANY


def test_numbers_of_any_length_count():
    assert rows(*(f"iter {10**40 + n}" for n in range(3))) == [("iter *", 3)]


def test_figures_of_the_one_range_are_those_of_all():
    one, apart = (range_figures(Scope(of("iter 1", "iter 2", "iter 3")), apart=names) for names in ((), ("iter 2",)))
    assert [(row.count, row.compute_ns, row.operations) for row in one] == [(3, 9, 3)]
    assert [row.name for row in apart] == ["iter 1", "iter 2", "iter 3"]
    assert sum(row.compute_ns for row in apart) == 9


def test_every_report_has_the_one_row():
    summary = Analysis(of("iter 1", "iter 2", "iter 3")).summary
    assert re.search(r"^iter \* +GPU 0 +3 ", to_text(summary), re.M)
    assert r"| iter \* | GPU 0 | 3 |" in to_markdown(summary)
    assert to_csv(summary)["ranges.csv"].splitlines()[1].startswith("iter *,")


def test_a_step_range_is_chosen_by_its_own_name_or_by_that_of_all():
    trace = of("iter 1", "iter 2", "iter 3")
    assert [row.name for row in step_figures(Scope(trace), "iter 2")] == ["iter 2"]
    every = [("iter 1", 0), ("iter 2", 1), ("iter 3", 2)]
    assert [(row.name, row.step) for row in step_figures(Scope(trace), "iter *")] == every
    with pytest.raises(UsageError, match="such as"):
        step_figures(Scope(trace), "other *")


def test_limits_are_asked_of_one_of_them_or_of_all():
    trace = of(*(f"iter {n}" for n in range(4)))
    for name in ("iter 2", "iter *"):
        [found] = check_limits(Analysis(trace, apart=(name,)).summary, Limits(min_overlap=0.5, range_name=name))
        assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, "the range has no copies")


def test_a_trace_without_ranges_has_nothing_to_count():
    trace = literal("k 0-5")
    assert numbered(trace, trace.ranges).shown == {}


def test_names_that_count_steps_do_not_keep_many_others_apart():
    steps, sizes = [f"iter {n}" for n in range(FEW)], [f"bs={n}" for n in range(MANY)]
    assert rows(*steps, *sizes) == [("iter *", FEW), ("bs=*", MANY)]
