"""Accounts of two sides, literal ones, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import accounted
from gpu_trace_analyzers.loss_changes import Run, account_change
from gpu_trace_analyzers.reports.loss_changes import account_table, change_line
from gpu_trace_analyzers.vocabulary.losses import Owner

OWNERS = [owner.value for owner in Owner if owner is not Owner.COMPUTE]
CAUSES = ("unknown", "queued", "pageable")


def run(text, **steady):
    """The account of one device in one run; None for an empty text."""
    account = accounted(text, **steady)
    return Run(account.devices[0], account.steady) if text else None


def steps(first, last, name="ProfilerStep#"):
    return {"found_by": "steps", "steps": name, "first_step": first, "last_step": last}


def changed(before, after):
    return account_change("GPU 0", (run(before),), (run(after),))


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (
            "compute 590; idle waiting_for_data 380; idle launch_bound 30",
            "compute 97; idle launch_bound 3",
            "idle 41.0 % -> 3.0 %: waiting for data gone",
        ),
        (
            "compute 97; idle launch_bound 3",
            "compute 59; idle launch_bound 3; idle waiting_for_data 38",
            "idle 3.0 % -> 41.0 %: waiting for data is new",
        ),
        ("compute 60; idle queued 40", "compute 180; idle queued 20", "idle 40.0 % -> 10.0 %: queued"),
        (
            "compute 50; idle queued 40; idle unknown 10",
            "compute 80; idle queued 12; idle unknown 8",
            "idle 50.0 % -> 20.0 %: queued 40.0 % -> 12.0 %",
        ),
        (
            "compute 60; idle queued 30; copy pageable 10",
            "compute 85; idle queued 10; copy pageable 5",
            "idle 30.0 % -> 10.0 %: queued",
        ),
        (
            "compute 60; idle queued 10; copy pageable 30",
            "compute 80; idle queued 10; copy pageable 10",
            "exposed copies 30.0 % -> 10.0 %: pageable",
        ),
        ("compute 60; idle queued 40", "compute 60; idle queued 40", "idle 40.0 % on both sides: queued"),
        (
            "compute 99; idle queued 1",
            "compute 98; idle queued 1; other memset 1",
            "compute 99.0 % -> 98.0 %; no fix would save 2 % of the time on either side",
        ),
        ("compute 60; idle queued 40", "", "compared with nothing: no run after has it"),
        ("", "compute 60; idle queued 40", "compared with nothing: no run before has it"),
        # What no fix would save is in no first line, however much of it there is.
        (
            "compute 50; idle head_or_tail 47 at most 0; idle queued 3",
            "compute 97; idle head_or_tail 1 at most 0; idle queued 2",
            "idle 50.0 % -> 3.0 %: queued 3.0 % -> 2.0 %",
        ),
    ],
)
def test_the_line_says_what_changed_most_in_the_first_losses(before, after, line):
    assert change_line(changed(before, after)) == line


def test_no_run_has_an_account():
    assert account_change("GPU 0", (None,), (None, None)) is None


def test_windows_of_one_length_in_steps_compare_times_per_step():
    before = run("compute 500; idle queued 500", **steps(3, 12))
    after = run("compute 500; idle queued 100", **steps(3, 7))
    found = account_change("GPU 0", (before,), (after,))
    [loss] = found.losses
    assert (loss.step_ns.before, loss.step_ns.after) == (50, 20)
    assert (found.compute.step_ns.before, found.compute.step_ns.after) == (50, 100)
    assert change_line(found) == "idle 50.0 % -> 16.7 % (50 ns -> 20 ns per step): queued"
    table = account_table(found, several=False)
    assert table.headings == ("account of GPU 0", "share", "after", "per step", "after", "change")
    assert table.rows == (
        ("compute", "50.0 %", "83.3 %", "50 ns", "100 ns", "+50 ns (+100.0 %)"),
        ("idle: queued", "50.0 %", "16.7 %", "50 ns", "20 ns", "−30 ns (−60.0 %)"),
    )


@pytest.mark.parametrize("other", [{}, steps(3, 12, "iter *"), steps(3, 12, ""), {"found_by": "asked"}])
def test_without_steps_of_one_name_on_both_sides_shares_are_compared_alone(other):
    named = steps(3, 12) if other.get("steps") != "" else steps(3, 12, "")
    sides = run("compute 5; idle queued 5", **named), run("compute 9; idle queued 1", **other)
    found = account_change("GPU 0", sides[:1], sides[1:])
    assert [row.step_ns for row in (found.compute, *found.owners, *found.losses)] == [None] * 6
    assert account_table(found, several=False).rows[1] == ("idle: queued", "50.0 %", "10.0 %", "−40.0 points")


def test_losses_are_matched_by_id_first_and_then_by_owner_and_cause():
    before = "compute 1; idle unknown 5 id=b; idle unknown 3 id=a"
    after = "compute 1; idle unknown 7 id=a; idle unknown 2 id=c"
    losses = [(row.ns.before, row.ns.after) for row in changed(before, after).losses]
    assert losses == [(3, 7), (5, 2)]


def test_a_loss_of_another_owner_is_another_loss():
    losses = changed("compute 9; copy unknown 1", "compute 9; idle unknown 1").losses
    assert [(row.owner.value, row.gone, row.new) for row in losses] == [("copy", True, False), ("idle", False, True)]


def test_a_loss_whose_title_differs_has_both():
    before, after = (run(f"compute 5; collective transfer {ns}") for ns in (5, 4))
    [loss] = after.account.losses
    after = replace(after, account=replace(after.account, losses=(replace(loss, title="waiting for rank 3"),)))
    assert [row.title for row in account_change("GPU 0", (before,), (after,)).losses] == [
        "transfer or waiting for rank 3"
    ]


@pytest.mark.parametrize(("after", "said"), [(100, "+90 ns (+900.0 %)"), (101, "+91 ns (10x)"), (5, "−5 ns (−50.0 %)")])
def test_beyond_ten_times_the_change_is_told_as_that(after, said):
    sides = (run(f"compute 50; idle queued {ns}", **steps(0, 0)) for ns in (10, after))
    found = account_change("GPU 0", *((side,) for side in sides))
    assert account_table(found, several=False).rows[1][-1] == said


def test_what_took_under_a_thousandth_everywhere_is_not_shown():
    text = "compute 100000; idle queued 99; idle profiler 200; other memset 50"
    table = account_table(changed(text, text), several=False)
    assert [row[0] for row in table.rows] == ["compute", "idle", "  profiler"]
    assert {row[-1] for row in table.rows} == {"="}


def test_a_change_too_small_to_show_is_not_nothing():
    rows = account_table(changed("compute 99990; idle queued 10010", "compute 99980; idle queued 10020"), False).rows
    assert {row[-1] for row in rows} == {"<0.1 points"}


def several(before, after):
    return account_change("GPU 0", tuple(map(run, before)), tuple(map(run, after)))


def test_several_runs_are_compared_by_their_medians_and_chance_is_called_that():
    before = [f"compute {100 - n}; idle queued {n}" for n in (40, 42, 44)]
    found = several(before, [f"compute {100 - n}; idle queued {n}" for n in (44, 41, 45)])
    assert change_line(found) == "idle 42.0 % -> 44.0 %: queued, within the spread of the runs"
    table = account_table(found, several=True)
    assert table.headings == ("account of GPU 0", "before", "min to max", "after", "min to max", "change")
    cells = ("42.0 %", "40.0 % to 44.0 %", "44.0 %", "41.0 % to 45.0 %", "within the spread")
    assert table.rows[1] == ("idle: queued", *cells)
    found = several(before, [f"compute {100 - n}; idle queued {n}" for n in (45, 46, 47)])
    assert change_line(found) == "idle 42.0 % -> 46.0 %: queued"
    assert account_table(found, several=True).rows[1][-1] == "+4.0 points"


def test_a_change_beyond_the_spread_comes_before_a_larger_one_within_it():
    before = ["compute 50; idle queued 20; copy pageable 30", "compute 10; idle queued 20; copy pageable 70"]
    after = ["compute 56; idle queued 24; copy pageable 20", "compute 36; idle queued 24; copy pageable 40"]
    assert change_line(several(before, after)).startswith("idle 20.0 % -> 24.0 %")


def test_a_loss_that_some_runs_do_not_have_is_nothing_there_and_gone_only_where_none_has_it():
    before = ["compute 7; idle queued 3", "compute 10", "compute 9; idle queued 1"]
    [loss] = several(before, ["compute 10", "compute 10"]).losses
    assert (loss.ns.of_before.runs, loss.ns.of_after.runs, loss.gone) == ((3, 0, 1), (0, 0), True)
    [loss] = several(before, ["compute 10", "compute 9; idle queued 1", "compute 10"]).losses
    assert (loss.ns.after, loss.gone, loss.measure.within_spread) == (0, False, True)


LOSSES = st.lists(
    st.tuples(st.sampled_from(OWNERS), st.sampled_from(CAUSES), st.integers(1, 50), st.integers(0, 3)),
    max_size=6,
    unique_by=lambda loss: (loss[0], loss[1], loss[3]),
)
ACCOUNTS = st.tuples(st.integers(1, 50), LOSSES).map(
    lambda drawn: "; ".join((f"compute {drawn[0]}", *(f"{o} {c} {ns} id={o}{c}{i}" for o, c, ns, i in drawn[1])))
)


@given(st.lists(ACCOUNTS, min_size=1, max_size=3), st.lists(ACCOUNTS, min_size=1, max_size=3))
def test_whatever_is_matched_the_rows_of_each_run_add_up_to_its_window(before, after):
    found, runs = several(before, after), [run(text) for text in (*before, *after)]
    for i, each in enumerate(runs):
        spent = [(*row.ns.of_before.runs, *row.ns.of_after.runs)[i] for row in (found.compute, *found.losses)]
        assert sum(spent) == each.account.window_ns
        by_owner = [(*row.ns.of_before.runs, *row.ns.of_after.runs)[i] for row in (found.compute, *found.owners)]
        assert sum(by_owner) == each.account.window_ns
    assert all(owner.owner is row.owner for owner in found.owners for row in found.of(owner.owner))
