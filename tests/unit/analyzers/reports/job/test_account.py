"""The account of a job: a row per owner with time, and below it the causes that are not small."""

from __future__ import annotations

from dataclasses import replace

from gpu_trace_analyzers.reports.job.account import account_line, account_table
from job_answers import healthy


def names(found):
    return [row[0] for row in found.rows]


def test_causes_stand_below_their_owner():
    assert names(account_table(healthy())) == [
        "compute",
        "exposed collectives",
        "  waiting for other ranks",
        "  transfer between ranks",
        "exposed copies",
        "  pageable host memory",
        "other operations",
        "  memsets",
        "idle",
        "  host launching too slowly",
        "  waiting for the next batch",
        "  cause not seen",
    ]


def test_of_more_causes_than_there_is_room_for_the_largest_stay():
    assert [name for name in names(account_table(healthy(), 2)) if name.startswith(" ")] == [
        "  waiting for other ranks",
        "  host launching too slowly",
    ]


def test_an_owner_without_time_has_no_row_and_a_bar_is_its_share_of_all():
    answer = healthy()
    without = replace(
        answer, account=tuple(replace(each, ns=each.ns * (each.owner != "copy")) for each in answer.account)
    )
    table = account_table(without, 0)
    assert names(table) == ["compute", "exposed collectives", "other operations", "idle"]
    assert [(bar.part, bar.whole) for bar in table.bars] == [
        (each.ns, answer.window_ns) for each in without.account if each.ns
    ]


def test_it_fits_a_line():
    assert account_line(healthy()) == (
        "compute 61.7 %, exposed collectives 20.9 %, exposed copies 4.0 %, other operations 1.0 %, idle 12.3 % of the "
        "time of all ranks"
    )
