"""The line about clocks names the host whose clock could not be compared, or counts them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.reports.job.clocks import clock_line
from job_answers import healthy


def answer(compared, hosts):
    """A job of so many ``hosts``, of which these are listed, each with the collectives that its clock was fitted to."""
    row = healthy().clocks[0]
    rows = [replace(row, host=f"node{number}", compared=each) for number, each in enumerate(compared)]
    return replace(healthy(), clocks=tuple(rows), hosts_in_all=hosts)


@pytest.mark.parametrize(
    ("compared", "hosts", "line"),
    [
        ([0, 9, 9], 3, "the clock of node0 is taken as it is: no collective compares it with another"),
        ([0, 0, 9], 3, "the clocks of 2 of 3 hosts are taken as they are: no collective compares them with others"),
        ([0, 0, 0], 3, "the clocks of all 3 hosts are taken as they are: no collective compares them with others"),
        (
            [0] * 32,
            1024,
            "the clocks of at least 32 of 1,024 hosts are taken as they are: no collective compares them with others",
        ),
    ],
)
def test_the_clocks_that_nothing_compares(compared, hosts, line):
    assert clock_line(answer(compared, hosts)) == line


def test_clocks_that_were_compared_are_certain_to_the_worst():
    assert clock_line(answer([9, 9], 2)).startswith("host clocks corrected; times are certain to ±")


def test_one_clock_needs_no_line():
    assert not clock_line(answer([0], 1))
