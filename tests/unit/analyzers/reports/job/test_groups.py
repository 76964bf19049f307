"""Process groups: times per rank, and sizes of messages that can be told apart."""

from __future__ import annotations

from dataclasses import replace

from gpu_trace_analyzers.reports.job.groups import group_table, not_matched_line, order_line, size_table
from gpu_trace_analyzers.reports.job.text import to_text
from job_answers import healthy


def test_wait_and_transfer_are_means_over_all_ranks_of_the_groups():
    answer = healthy(4096)
    every_8th = group_table(answer).rows[0]
    assert every_8th[:4] == ("data parallel: every 8th rank", "8", "512", "1,952")
    assert every_8th[4:6] == ("198.2 ms", "49.1 ms")  # 812 s and 201 s over 4096 ranks


def test_sizes_that_read_alike_are_in_bytes():
    answer = healthy()
    by_size = ((37_800_000, 14, 436.0), (37_801_472, 42, 446.0), (12_288, 7, None))
    group = replace(answer.groups[0], by_size=by_size)
    rows = size_table(replace(answer, groups=(group,))).rows
    assert [row[1] for row in rows] == ["37,800,000 B", "37,801,472 B", "12.3 kB"]


def test_how_collectives_without_numbers_were_matched_is_said():
    answer = healthy()
    assert (order_line(answer), not_matched_line(answer)) == ("", "")
    by_order, unknown = replace(answer, groups_by_order=2), replace(answer, groups_not_matched=2)
    assert "they are matched by their order" in to_text(by_order, brief=True)
    text = " ".join(to_text(unknown, brief=True).split())
    assert "the collectives of 2 process groups have no numbers, and their order does not tell for certain" in text
