"""What the short summary has, and what it leaves to the long one, on literal traces."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.reports.parts import Portion, Portions, Verdict
from gpu_trace_analyzers.reports.sections.brief import brief_sections
from gpu_trace_analyzers.reports.text import to_text
from literal import literal

SAME_STREAM = "k 0-100 @0; d2h 100-150 @1; k 150-250 @2"


def summary_of(text, **source):
    trace = literal(text)
    return Analysis(replace(trace, source=replace(trace.source, **source))).summary


def shown(text, width=200, **source):
    return to_text(summary_of(text, **source), width=width, brief=True)


def portions(text) -> tuple[Portion, ...]:
    return next(
        part.rows
        for section in brief_sections(summary_of(text))
        for part in section.parts
        if isinstance(part, Portions)
    )


def test_the_verdict_is_the_first_line_and_what_was_read_the_last():
    lines = shown(SAME_STREAM).splitlines()
    assert lines[0].startswith("GPU 0: in exposed copies for 20.0 % of the time: same stream as compute")
    assert lines[-1] == "literal · literal · 3 events"


def test_the_answer_is_in_it_and_evidence_engines_and_ranges_are_not():
    text = f"range step 0-3; {SAME_STREAM}"
    brief, whole = shown(text), to_text(summary_of(text))
    assert "none of 50 ns copy time hidden: same stream as compute" in brief
    assert "overlap ratio 0.000: 0 ns of 50 ns copy time (200 ns compute is longer)" in brief
    assert "exposed copy 50 ns, headroom 50 ns, gain 1.00x over no overlap" in brief
    assert "fix saves up to 50 ns: copy on a side stream" in brief
    for left_out in (" engine ", "longest 50 ns", "enqueued by", "span"):
        assert left_out in whole
        assert left_out not in brief


@pytest.mark.parametrize("text", [SAME_STREAM, "k 0-10; memset 20-30; k 40-50", "k 0-10 @0; s9 d2h 5-30 @1"])
def test_the_portions_of_a_device_add_up_to_its_time(text):
    rows = portions(text)
    assert sum(row.ns for row in rows) == rows[0].whole_ns
    assert rows[0].text == "compute"


def test_each_loss_is_named_or_counted():
    # Four causes: a copy between kernels, one that nothing follows, a memset, and a late launch.
    text = "k 0-100 @0; d2h 100-150 @1; k 150-250 @2; memset 250-300; k 400-500 @390; s9 d2h 500-560 @391"
    rows = portions(text)
    assert len([row for row in rows[1:] if "other loss" not in row.text]) >= 3
    assert rows[-1].text == "2 other losses"


def test_a_loss_that_is_left_alone_is_named_although_it_is_small():
    rows = portions("k 0-10000 @0; memset 10000-10001; k 10001-20000 @1")
    assert [row.text for row in rows] == ["compute", "other operations: memsets"]


def test_only_losses_that_decide_have_their_fix():
    # The copies are a hundredth of the loss that the first line names; the memset is larger, and decides nothing.
    text = "k 0-1000 @0; d2h 1000-1010 @1; k 1010-2000 @2; memset 2000-2100; k 2500-3500 @2490"
    by_text = {row.text.partition(":")[0]: row.below for row in portions(text)}
    assert by_text["exposed copies"] == (
        "fix saves up to 10 ns: copy on a side stream (torch.cuda.stream(side)), with one event per result",
    )
    assert by_text["other operations"] == ()


def test_what_nothing_waited_for_is_not_priced():
    # The copy ends long before the host launches the next kernel.
    [copy] = [row for row in portions("k 0-100 @0; d2h 100-150 @1; k 5000-5100 @4900") if row.kind == "copy"]
    assert "nothing waited for it" in copy.text
    assert not any("saves" in line for line in copy.below)


def test_what_is_in_doubt_or_missing_is_told_and_what_only_ranges_lack_is_not():
    brief = shown(SAME_STREAM, damage=("the file ends early",))
    assert "the file ends early" in brief
    without_launch = "range step 0-3; k 0-100 @0; k 100-150"
    assert "has no launch in this trace" in to_text(summary_of(without_launch))
    assert "has no launch in this trace" not in shown(without_launch)


def test_of_several_devices_each_has_its_verdict_and_its_fix():
    text = f"{SAME_STREAM}; gpu1 k 0-100 @10; gpu1 d2h 100-150 @11; gpu1 k 150-250 @12"
    found = list(brief_sections(summary_of(text)))
    devices = [section for section in found if section.of_device]
    assert [len(section.parts) for section in devices] == [1, 1]
    for section in devices:
        [verdict] = section.parts
        assert isinstance(verdict, Verdict)
        assert any(line.startswith("fix: copy on a side stream") for line in verdict.below)


def test_of_many_devices_those_that_lose_most_are_shown():
    text = "; ".join(f"gpu{d} k 0-{1000 - 40 * d}; gpu{d} memset {1000 - 40 * d}-1000" for d in range(6))
    brief = shown(text)
    assert re.findall(r"^GPU (\d):", brief, re.M)[-2:] == ["4", "5"]
    assert "and 4 more devices that lose less of their time" in brief


def test_a_trace_without_devices_says_why():
    assert shown("call cudaFree 0-10").startswith("literal has no device activity")


@pytest.mark.parametrize("devices", [SAME_STREAM, f"{SAME_STREAM}; gpu1 k 0-100 @10"], ids=["one", "several"])
def test_on_a_terminal_the_fix_is_green(devices):
    colored = to_text(summary_of(devices), width=200, color=True, brief=True)
    assert re.search(r"\x1b\[32m *fix[^:\x1b]*:\x1b\[0m copy on a side stream", colored)
