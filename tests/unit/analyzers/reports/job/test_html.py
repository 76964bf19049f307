"""The page of a job: findings first, small, text that stays text, and nothing that comes from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import html as html_text
import json
import re
from dataclasses import replace

import pytest

from gpu_trace_analyzers.reports.job.html import to_html
from job_answers import EACH_KIND, MS, bare, found, healthy, large, nothing, with_findings

EVIL = "</script><script>alert(1)</script><img/src=x/onerror=alert(2)>&lt\"'<!--"


def data(page):
    return json.loads(re.search(r'<script type="application/json" id="heat-data">(.*?)</script>', page, re.DOTALL)[1])


def legend(page):
    return re.findall(r"</i>([^<]*)<", re.search(r'<ul class="legend">(.*?)</ul>', page)[1])


def test_the_finding_that_costs_most_is_the_first_and_each_has_its_id():
    page = to_html(large())
    ids = re.findall(r'data-finding="([^"]*)"', page)
    assert ids[0] == "slow_host:node017:136-143"
    assert len(ids) == len(EACH_KIND)
    assert page.index("<h1>Host node017 is slow: ") < page.index(' data-finding="') < page.index('id="account"')
    for title in ("How late ranks came", "Hosts", "Process groups", "Messages by size", "Pipeline stages", "Clocks"):
        assert f"<h2>{title}</h2>" in page


def test_a_page_of_4096_ranks_is_small():
    assert len(to_html(large()).encode()) < 1_000_000


@pytest.mark.parametrize("answer", [bare(), nothing()])
def test_what_there_is_not_is_not_on_the_page(answer):
    page = to_html(answer)
    assert 'id="heat-data"' not in page
    assert re.findall(r"<h2>(.*?)</h2>", page) == ["Where the time went" if answer.window_ns else "Damaged files"]


def test_parts_of_the_bar_add_up_to_the_time_of_all_ranks():
    answer = large()
    page = to_html(answer)
    parts = [int(ns) for ns in re.findall(r'data-ns="(\d+)"', page)]
    assert sum(parts) == answer.window_ns == int(re.search(r'data-window-ns="(\d+)"', page)[1])
    assert parts == [each.ns for each in answer.account]


def test_the_map_has_each_cell_exactly():
    answer = large()
    found_data = data(to_html(answer))
    assert found_data["late_ns"] == [list(row) for row in answer.heat.late_ns]
    assert found_data["late_rank"] == [list(row) for row in answer.heat.late_rank]
    assert (found_data["ranks"], found_data["ranks_each"]) == (4096, 64)


def test_the_last_row_of_the_map_ends_with_the_last_rank_if_that_is_known():
    answer = healthy(100)
    assert (data(to_html(answer))["ranks"], answer.heat.ranks_each) == (100, 2)
    part = replace(answer, ranks=9, world_size=-1)  # ranks 0 to 99 may be there, of which nine were read
    assert data(to_html(part))["ranks"] == 100


def test_names_cannot_leave_their_place():
    answer = with_findings(found("slow_host", ((1, 1),), EVIL, sentence=EVIL, remedy=EVIL))
    heat = replace(answer.heat, hosts=(EVIL,) * len(answer.heat.hosts))
    hosts = tuple(replace(each, host=EVIL) for each in answer.hosts)
    page = to_html(replace(answer, path=EVIL, heat=heat, hosts=hosts, strings=(EVIL,) * 4))
    assert page.count("<script") == 2
    assert "<img" not in page
    assert data(page)["hosts"][0] == EVIL


def test_its_policy_allows_its_own_script_and_styles_and_nothing_else():
    page = to_html(large())
    policy = html_text.unescape(re.search(r'Security-Policy" content="([^"]*)"', page)[1])
    blocks = [*re.findall(r"<style[^>]*>(.*?)</style>", page, re.DOTALL)]
    blocks += re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = ["sha256-" + base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks]
    assert re.findall(r"'(sha256-[^']*)'", policy) == hashes
    assert policy.startswith("default-src 'none'; ")
    assert not re.search(r"https?://|url\(|@import| style=", page)


def test_findings_lead_to_their_ranks_only_if_there_is_a_map():
    assert 'data-ranks="136-143"' in to_html(with_findings(EACH_KIND[0]))
    assert "data-ranks=" not in re.sub(
        r"<script>.*", "", to_html(with_findings(EACH_KIND[0], heat=None)), flags=re.DOTALL
    )


def test_findings_that_are_not_certain_are_folded():
    page = to_html(large())
    folded = page[page.index("<summary>1 finding that is not certain</summary>") :]
    assert 'data-finding="clock_uncertain:node063:504-511"' in folded
    assert folded.count(" data-finding=") == 1
    assert "not certain" not in to_html(healthy())


def test_rows_beyond_the_first_are_folded():
    page = to_html(large())
    assert page.count("<details>") == 4  # findings, hosts, clocks, operations
    assert "<summary>24 more</summary>" in page


def test_the_legend_has_the_lateness_of_each_shade():
    answer = healthy()
    heat = replace(answer.heat, late_ns=tuple((64 * MS, *row[1:]) for row in answer.heat.late_ns))
    assert legend(to_html(replace(answer, heat=heat))) == ["0 ns", "4.00 ms", "16.0 ms", "36.0 ms", "64.0 ms"]


def test_the_map_of_ranks_that_are_alike_is_calm():
    """The longest wait of 200 µs is far from a twentieth of a step of 413 ms, which has the full color."""
    assert legend(to_html(healthy()))[-1] == "20.6 ms"
