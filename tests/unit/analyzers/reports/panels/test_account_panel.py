"""The account on top of the page: its bars are the window to the nanosecond, and each loss knows its place."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.reports.lanes import zero_of
from gpu_trace_analyzers.reports.panels.account import BARS, LISTED, account_panel
from gpu_trace_analyzers.units import duration
from literal import literal
from report_pages import TRACES
from strategies import traces


class Elements(HTMLParser):
    """The attributes of each element, with its tag."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def with_attribute(self, name):
        return [attributes for _, attributes in self.found if name in attributes]


def panel(analysis):
    summary = analysis.summary
    return Elements(account_panel(summary, zero_of(summary)))


@given(traces())
def test_the_parts_of_a_bar_add_up_to_its_window(trace):
    analysis = Analysis(trace)
    found = panel(analysis)
    bars = [[int(each["data-ns"]) for each in bar] for bar in _bars(found)]
    windows = [int(each["data-window-ns"]) for each in found.with_attribute("data-window-ns")]
    assert [sum(bar) for bar in bars] == windows
    shown = [each for each in analysis.account.devices if each.device not in analysis.summary.helpers]
    assert sorted(windows) == sorted(each.window_ns for each in shown)
    for device in shown:
        assert [device.compute_ns, *sorted(loss.ns for loss in device.losses)] in [[b[0], *sorted(b[1:])] for b in bars]


def _bars(found):
    bars = []
    for _, attributes in found.found:
        if "data-window-ns" in attributes:
            bars.append([])
        elif "data-ns" in attributes:
            bars[-1].append(attributes)
    return bars


@pytest.mark.parametrize("name", ["seed_nonblocking", "mlp_overlap", "limits_h200/loader_no_workers", "ddp_rank0"])
def test_the_first_finding_is_that_of_the_verdict_and_places_are_those_of_the_longest(name):
    analysis = Analysis(TRACES / f"{name}.json.gz")
    findings = panel(analysis).with_attribute("data-finding")
    zero_ns = zero_of(analysis.summary)
    longest = {
        loss.id: (loss.evidence.start_ns - zero_ns, loss.evidence.end_ns - zero_ns)
        for device in analysis.account.devices
        for loss in device.losses
    }
    assert findings[0]["data-finding"] == analysis.account.first.losses[0].id
    assert {each["data-finding"] for each in findings} == {*longest}
    for each in findings:
        assert (int(each["data-start-ns"]), int(each["data-end-ns"])) == longest[each["data-finding"]]


def test_a_large_loss_that_no_fix_can_end_has_a_line():
    text = account_panel(Analysis(literal("k 0-10 @0-1; k 500-510 @1-2")).summary, 0)
    assert re.search(r"<b>96\.1 %</b> <span class=\"time\">490 ns</span> <span class=\"what\">idle: ", text)


def test_small_losses_share_a_line():
    analysis = Analysis(TRACES / "two_h200/ddp_late_data")
    text = account_panel(analysis.summary, 0)
    for device, drawn in zip(analysis.account.devices, re.split('<div class="account">', text)[1:], strict=True):
        small = [loss.ns for loss in device.losses if 100 * loss.ns < device.window_ns]
        assert drawn.count("<li>") == 1 + len(device.losses) - len(small) + 1
        assert f'<span class="time">{duration(sum(small))}</span> <span class="what">{len(small)} smaller' in drawn


def test_one_small_loss_has_its_name():
    text = account_panel(Analysis(TRACES / "seed_nonblocking.json.gz").summary, 0)
    assert '<span class="what">idle: between launch and start</span>' in text
    assert "smaller loss" not in text


def test_a_cause_that_was_not_seen_is_said_as_in_a_terminal():
    text = account_panel(Analysis(TRACES / "ddp_rank0.json.gz").summary, 0)
    assert '<span class="what">exposed collectives: cause not seen</span>' in text
    assert "unknown" not in text


def test_of_many_large_losses_the_longest_have_a_line():
    analysis = Analysis(TRACES / "seed_nonblocking.json.gz")
    (device,) = analysis.account.devices
    large = replace(device.losses[0], ns=device.window_ns // 20)
    losses = tuple(replace(large, ns=large.ns + i, id=str(i)) for i in range(LISTED + 2))
    account = replace(analysis.account, devices=(replace(device, losses=losses),))
    text = account_panel(replace(analysis.summary, account=account), 0)
    listed = text[text.index("<ol") :]
    assert re.findall(r'data-finding="(\d+)"', listed) == [str(i) for i in range(2, LISTED + 2)]
    assert "2 smaller losses" in listed


@pytest.mark.parametrize("number", [2, 3, 12])
def test_of_more_than_two_devices_that_of_the_verdict_has_its_list_open(number):
    text = "; ".join(f"gpu{i} k 0-{10 + i}; gpu{i} d2h {10 + i}-{100 - i}" for i in range(number))
    analysis = Analysis(literal(text))
    open_, _, folded = account_panel(analysis.summary, 0).partition("<details>")
    assert (open_.count("<ol "), folded.count("<ol ")) == ((2, 0) if number == 2 else (1, number - 1))
    bars = open_.count("account-bar"), folded.count("account-bar")
    assert bars == (min(number, 1 + BARS), max(0, number - 1 - BARS))
    first = analysis.account.first.account.device
    assert open_.index(f"<b>GPU {first}</b>") == min(
        open_.index(f"<b>{each}</b>") for each in ("GPU 0", f"GPU {first}")
    )


def test_a_device_that_computed_has_what_could_make_that_faster():
    text = account_panel(Analysis(TRACES / "two_h200/ddp").summary, 0)
    assert "set_float32_matmul_precision" in text[: text.index("account-bar")]
