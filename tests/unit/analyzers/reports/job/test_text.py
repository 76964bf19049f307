"""A job fits a screen of 24 lines and 80 columns, whatever is wrong with it; the first findings are all named."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_trace_analyzers.reports.job.text import to_text
from gpu_trace_analyzers.reports.job.verdict import culprit
from job_answers import EACH_KIND, bare, found, healthy, large, nothing, with_findings

SCREEN = 24
AFTER = 1
"""line of the command: how to see more"""
COLUMNS = 80


def brief(answer, width=COLUMNS):
    return to_text(answer, width=width, brief=True)


def in_one_line(text):
    return " ".join(text.split())


@pytest.mark.parametrize("answer", [healthy(), healthy(512), large(), bare(), nothing()])
def test_a_job_fits_a_screen(answer):
    lines = brief(answer).splitlines()
    assert len(lines) + AFTER <= SCREEN
    assert max(map(len, lines)) <= COLUMNS


@settings(max_examples=settings.default.max_examples // 4)  # each draws a screen several times
@given(st.lists(st.sampled_from(EACH_KIND), unique=True), st.sampled_from([9, 4096]), st.integers(1, 9))
def test_a_job_fits_with_any_findings(findings, ranks, longer):
    wordy = [replace(each, sentence=" ".join([each.sentence] * longer)[:400]) for each in findings]
    lines = brief(with_findings(*wordy, ranks=ranks)).splitlines()
    assert len(lines) + AFTER <= SCREEN


def test_each_conclusive_finding_is_on_the_screen():
    answer = large()
    text = in_one_line(brief(answer))
    missed = [each for each in answer.findings if each.sentence not in text and culprit(each) not in text]
    assert [each.kind for each in missed if each.cost_ns] == []
    assert f"and {len(missed)} more finding" in text


@pytest.mark.parametrize(("steps", "told"), [(0, ""), (1, " without 1 warm-up step"), (2, " without 2 warm-up steps")])
def test_steps_that_are_left_out_are_told(steps, told):
    answer = replace(healthy(), warm_up_steps=steps)
    for text in (brief(answer), to_text(answer)):
        line = next(line for line in text.splitlines() if "median step" in line)
        assert line.startswith(f"  median step 413.0 ms{told}; by rank ")


def test_what_fits_is_told_in_full():
    answer = with_findings(*EACH_KIND[:2])
    text = in_one_line(brief(answer))
    for each in answer.findings:
        assert each.sentence in text
        assert f"fix: {each.remedy}" in text
    assert "waiting for other ranks" not in text  # causes go first


def test_findings_that_are_not_certain_leave_room_for_the_account():
    unsure = [found("slow_host", host=f"node{i}", conclusive=False, remedy="") for i in range(32)]
    text = brief(replace(with_findings(EACH_KIND[0], *unsure, ranks=4096), findings_in_all=40))
    assert "exposed collectives" in text
    shown = text.count("not certain: ")
    assert 0 < shown <= 3
    assert f"and {39 - shown} more findings, not certain" in text


def test_findings_that_are_not_listed_are_not_certain_only_if_the_last_one_is_not():
    answer = with_findings(EACH_KIND[0])
    assert "and 3 more findings\n" in brief(replace(answer, findings_in_all=4))
    unsure = with_findings(EACH_KIND[0], EACH_KIND[-1])
    assert "and 3 more findings, not certain\n" in brief(replace(unsure, findings_in_all=5))


def test_of_many_ranks_the_first_stretches_are_named():
    ranks = tuple((first, first) for first in range(0, 4096, 2))
    text = in_one_line(brief(with_findings(found("late_data", ranks, sentence="x " * 300), ranks=4096)))
    assert "ranks 0, 2, 4, 6 and 2,044 others wait for data" in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal(width):
    for brief_ in (True, False):
        long_names = replace(large(), damaged=((3, "/scratch/" + 40 * "long/" + "rank3.json: is cut short"),))
        for answer in (healthy(), large(), bare(), nothing(), long_names):
            assert max(map(len, to_text(answer, width=width, brief=brief_).splitlines())) <= width


def test_all_of_it_has_every_finding_and_every_table():
    answer = large()
    text = in_one_line(to_text(answer, width=200))
    assert [each for each in answer.findings if each.sentence not in text or each.remedy not in text] == []
    for words in ("node017", "data parallel: every 8th rank", "268.4 MB", "host clock", "ncclDevKernel_AllReduce"):
        assert words in text


def test_what_is_missing_is_said_where_no_finding_says_it():
    answer = replace(healthy(), missing=((3, 4),), world_size=18, damaged=((7, "is cut short"),), damaged_in_all=3)
    text = in_one_line(brief(answer))
    assert "missing: ranks 3-4 (2 of 18)" in text
    assert "damaged: rank 7: is cut short; and 2 more files" in text
    said = in_one_line(brief(replace(answer, findings=EACH_KIND[-3:-1], findings_in_all=2)))
    assert "missing:" not in said
    assert "damaged:" not in said


def test_colors_are_there_if_they_are_asked_for():
    assert "\x1b[" in to_text(large(), color=True, brief=True)
    assert "\x1b[" not in to_text(large(), brief=True)
