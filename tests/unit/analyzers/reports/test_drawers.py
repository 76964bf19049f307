"""Each form draws every kind of part, whatever it says; what is in a section is in all of them."""

from __future__ import annotations

import html as html_text
import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.reports import html_body, markdown, text
from gpu_trace_analyzers.reports.parts import (
    Bar,
    Cause,
    Causes,
    Change,
    Changes,
    Column,
    Facts,
    Findings,
    Found,
    Kind,
    Line,
    Note,
    Part,
    Portion,
    Portions,
    Remark,
    Section,
    Source,
    Table,
    Tile,
    Tiles,
    Verdict,
)

EVIDENCE = ("longest 30 ns: a cup", "poured")
CAUSE = Cause("exposed copies", "copy", "tea", 40, 100, "2 cups", 2, "drink it", "fix saves up to 3 ns", EVIDENCE)
TABLE = Table(
    (Column("what", kind=Kind.WORD), Column("much"), Column("gone", drop_order=1)),
    (("one", "11", "12"), ("two", "21", "22")),
    (Bar(1, 2, "copy"), Bar(0, 2, "idle")),
)
PARTS = {
    Source: (Source("read me"), ["read me"]),
    Note: (Note("mind me"), ["mind me"]),
    Verdict: (Verdict("believe me", ("and this", "and that")), ["believe me", "and this", "and that"]),
    Line: (Line("a line"), ["a line"]),
    Remark: (Remark("a remark"), ["a remark"]),
    Facts: (Facts(("one fact", "two facts")), ["one fact", "two facts"]),
    Table: (TABLE, ["what", "much", "gone", "one", "11", "12", "two", "21", "22"]),
    Causes: (
        Causes((CAUSE,), "the day"),
        ["exposed copies 40 ns in 2 cups", "tea", "(fix saves up to 3 ns)", "fix: drink it", *EVIDENCE],
    ),
    Tiles: (Tiles((Tile("0.98", "ratio"),)), ["0.98", "ratio"]),
    Portions: (
        Portions((Portion("idle", "asleep: no tea", 3, 10, ("fix: drink it",)), Portion("compute", "awake", 7, 10))),
        ["30.0 %", "3 ns", "asleep: no tea", "fix: drink it", "70.0 %", "7 ns", "awake"],
    ),
    Changes: (
        Changes((Change("drink it hot", "saves 3 ns", ("a cup", "a pot")), Change("pour it", "saves 2 ns", ()))),
        ["drink it hot", "saves 3 ns", "a cup", "a pot", "pour it", "saves 2 ns"],
    ),
    Findings: (
        Findings((Found("no tea", "costs 3 ns", "boil it", "tea:0"), Found("no cup", "", "", "cup:1", certain=False))),
        ["no tea", "costs 3 ns", "fix: boil it", "not certain: ", "no cup"],
    ),
}


ONLY_IN = {Tiles: "page", Portions: "text"}


def page(found):
    drawn = "\n".join((*html_body.head(found, "", 0), *html_body.details(found, 0)))
    return html_text.unescape(re.sub("<[^>]*>", " ", drawn))


DRAWERS = {"text": text.drawn, "markdown": markdown.drawn, "page": page}


def test_every_kind_is_here():
    assert {*PARTS} == {*get_args(Part)}


@pytest.mark.parametrize("of_device", [False, True])
@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("form", DRAWERS)
def test_every_form_draws_every_kind(form, kind, of_device):
    part, said = PARTS[kind]
    if ONLY_IN.get(kind, form) != form:
        said = []
    drawn = DRAWERS[form]([Section("First", (Line("first"),)), Section("Title", (part,), of_device=of_device)])
    assert [words for words in said if words not in drawn] == []


@pytest.mark.parametrize("form", ["markdown", "page"])
def test_what_is_second_to_others_is_folded_or_a_table(form):
    causes = Causes((CAUSE,), "the day", title="Small ones")
    drawn = DRAWERS[form]([Section("First", ()), Section("GPU", (causes,), of_device=True)])
    assert {"page": "Small ones", "markdown": "| Small ones | cause | time | of the day | times | fix |"}[form] in drawn


def test_the_terminal_leaves_out_what_is_second_to_others():
    small = Causes((CAUSE,), "the day", title="Small ones")
    assert text.drawn([Section("GPU", (Line("a line"), small), of_device=True)]) == "a line\n"


def test_a_line_is_left_free_above_each_section_that_stands_apart():
    found = [Section("", (Line("a"),)), Section("", (Line("b"),)), Section("", (Line("c"),), apart=False)]
    assert text.drawn(found) == "a\n\nb\nc\n"


@given(st.integers(30, 140))
def test_columns_go_in_the_order_that_they_say(width):
    columns = tuple(Column(f"column {n}", drop_order=n) for n in (3, 1, 2))
    table = Table((Column("name", kind=Kind.WORD), *columns), (("n", "1", "2", "3"),))
    head = text.drawn([Section("", (table,))], width=width).splitlines()[0]
    left = [n for n in (1, 2, 3) if f"column {n}" in head]
    assert left == [1, 2, 3][3 - len(left) :]
