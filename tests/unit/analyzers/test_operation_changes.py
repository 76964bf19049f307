"""Which operations changed, and which of several runs a side only vary."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.reports.changes import to_json, to_markdown, to_text
from gpu_trace_analyzers.spread import Change, Values
from literal import literal


def side(*texts):
    return [Analysis(literal(text), whole=True).to_compare for text in texts]


def changes(before, after):
    return compare(side(*before), side(*after)).operations[0]


def listed(before, after):
    return [(row.name, row.range, row.ns.before, row.ns.after) for row in changes(before, after).worth_a_line]


BEFORE = "range fit 0-10; k 100-200 @1 name=mm; k 200-230 @2 name=add; h2d 230-240 @3 name=copy"
AFTER = "range fit 0-10; k 100-150 @1 name=mm; k 200-230 @2 name=add; k 230-260 @3 name=mul"


def test_what_changed_most_comes_first_and_what_did_not_is_not_there():
    assert listed([BEFORE], [AFTER]) == [("mm", "fit", 100, 50), ("mul", "fit", 0, 30), ("copy", "fit", 10, 0)]


def test_new_and_gone_operations():
    assert [(row.name, row.new, row.gone) for row in changes([BEFORE], [AFTER]).worth_a_line] == [
        ("mm", False, False),
        ("mul", True, False),
        ("copy", False, True),
    ]


def test_one_operation_in_two_ranges_is_two():
    text = "range a 0-5; range b 5-10; k 100-{}  @1 name=mm; k 300-400 @6 name=mm"
    assert listed([text.format(150)], [text.format(180)]) == [("mm", "a", 50, 80)]


def test_a_range_of_another_name_is_no_change_of_its_operations():
    renamed = BEFORE.replace("range fit", "range train")
    assert listed([BEFORE], [renamed]) == []
    (row,) = [row for row in changes([BEFORE], [renamed]).rows if row.name == "mm"]
    assert (row.range, row.ns.before, row.ns.after) == ("fit -> train", 100, 100)


def test_a_change_below_a_thousandth_of_the_window_is_not_worth_a_line():
    text = "k 0-10000 @0; k 10000-{} @1 name=mm; k 19990-20000 @2 name=end"
    assert listed([text.format(10500)], [text.format(10519)]) == []
    assert listed([text.format(10500)], [text.format(10520)]) == [("mm", "", 500, 520)]


def runs(*ends):
    return [f"k 0-{end} @0 name=mm; k 999-1000 @1 name=end" for end in ends]


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        ((100, 110, 105), (121, 125, 130), True),  # 11 apart, and 10 at most within a side
        ((100, 110, 105), (120, 125, 130), False),  # 10 apart, and 10 within a side
        ((100, 110, 105), (105, 120, 130), False),
        ((100, 100, 100), (101, 101, 101), True),
        ((100,), (101, 101, 101), True),
        ((100,), (101, 103, 102), False),
        ((100,), (101,), True),
    ],
)
def test_of_several_runs_what_is_no_further_apart_than_they_are_is_no_change(before, after, changed):
    found = changes(runs(*before), runs(*after))
    assert [row.name for row in found.worth_a_line] == (["mm"] if changed else [])
    assert found.within_spread == (not changed)


values = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(tuple)


@given(values, values)
def test_what_is_beyond_the_spread_is_not_within_it(before, after):
    change = Change("ns", Values(before), Values(after))
    apart = min(abs(a - b) for a in before for b in after)
    separate = max(before) < min(after) or max(after) < min(before)
    if len(before) == len(after) == 1:
        assert change.beyond_spread is None
    else:
        widest = max(max(before) - min(before), max(after) - min(after))
        assert change.beyond_spread == (separate and apart > widest)
        assert not (change.beyond_spread and change.within_spread)


def stepped(count, ns):
    text = "; ".join(
        f"range ProfilerStep#{i} {10 * i}-{10 * i + 10}; k {100 * i + 100}-{100 * i + 100 + ns} @{10 * i + 2} name=mm"
        for i in range(count)
    )
    return Analysis(literal(text)).to_compare


def test_of_steps_the_time_per_step_is_compared_however_many_there_are():
    (found,) = compare([stepped(4, 90)], [stepped(8, 90)]).operations
    assert found.comparable
    assert found.worth_a_line == ()
    (found,) = compare([stepped(4, 90)], [stepped(8, 80)]).operations
    (row,) = found.worth_a_line
    assert (row.step_ns.before, row.step_ns.after, row.count.before, row.count.after) == (90, 80, 4, 8)


def test_steps_and_a_part_of_a_recording_are_not_compared():
    part = Analysis(literal("k 0-10 @0; k 20-30 @1; k 95-100 @50"), from_ns=0, to_ns=50).to_compare
    (found,) = compare([stepped(4, 90)], [part]).operations
    assert found.comparable  # each is all that was asked for
    warm = Analysis(
        literal(
            "range ProfilerStep#0 0-10; k 50-350 @1; "
            + "; ".join(
                f"range ProfilerStep#{i} {10 * i}-{10 * i + 10}; k {100 * i + 300}-{100 * i + 390} @{10 * i + 2}"
                for i in range(1, 8)
            )
        )
    ).to_compare
    assert warm.account.steady.left_out_ns
    found = compare([warm], [part])
    assert not found.operations[0].comparable
    assert "are not compared: the windows of the runs differ in kind" in " ".join(to_text(found).split())


def test_the_text_the_page_and_the_document_have_them():
    found = compare(side(BEFORE), side(AFTER))
    for form in (to_text(found), to_markdown(found)):
        for words in ("mm", "mul", "new", "gone", "1 -"):
            assert words in form
    rows = {row["name"]: row for row in json.loads(to_json(found))["operations"]}
    assert rows["mm"]["ns"] == {"before": 100, "after": 50}
    assert (rows["mul"]["new"], rows["copy"]["gone"], rows["add"]["range"]) == (True, True, "fit")
    assert len(rows) == 4


def test_operations_of_several_runs_say_how_far_they_are_apart():
    found = compare(side(*runs(100, 110, 105)), side(*runs(200, 205, 210)))
    text = to_text(found, width=120)
    assert "100 ns to 110 ns" in text
    assert "beyond_spread" in to_json(found)
    alike = compare(side(*runs(100, 110, 105)), side(*runs(104, 109, 111)))
    assert "1 operation changed by less than the spread of the runs" in to_text(alike)


def test_summaries_without_their_operations_compare_none():
    plain = [Analysis(literal(BEFORE)).summary]
    assert compare(plain, plain).operations == ()
