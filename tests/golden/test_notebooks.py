"""The notebooks of the documentation run, and what they show of recorded traces is what they showed when written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from notebooks import FIGURE, NOTEBOOKS, executed, read, records, shown

ROOT = Path(__file__).parents[2]


def test_there_are_notebooks_of_both_kinds():
    assert {records(read(path)) for path in NOTEBOOKS} == {True, False}


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_showed(path):
    written = read(path)
    now = executed(written)
    if records(written):  # other times, but the same kinds of things
        assert [[kinds(each) for each in cell] for cell in shown(now)] == [
            [kinds(each) for each in cell] for cell in shown(written)
        ]
    else:
        assert shown(now) == shown(written)


def kinds(output):
    return sorted(output) if isinstance(output, dict) else "text"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_small_and_has_no_folder_of_a_machine(path):
    text = path.read_text("utf-8")
    assert len(text) < 400_000
    folders = {str(Path.home()), tempfile.gettempdir(), str(ROOT)}
    assert [folder for folder in folders if f"{folder}/" in text] == []


def test_figures_are_drawn_by_the_page():
    outputs = [output for path in NOTEBOOKS for cell in shown(read(path)) for output in cell]
    figures = [output for output in outputs if FIGURE in output]
    assert len(figures) >= 4
    assert all("text/html" not in figure for figure in figures)  # which would bring the whole of plotly.js
