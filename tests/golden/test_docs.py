"""Every command of the documentation that reads a sample trace prints what the documentation says."""

from __future__ import annotations

import pytest

from examples import ROOT, examples, pages, printed

REPEATABLE = [example for page in pages() for example in examples(page) if example.repeatable]


@pytest.mark.parametrize("example", REPEATABLE, ids=lambda e: f"{e.page.relative_to(ROOT)}: {e.command}")
def test_a_command_prints_what_the_page_shows(example):
    assert printed(example.command) == example.shown


def test_the_readme_shows_the_finding():
    shown = [example.shown for example in REPEATABLE if example.page.name == "README.md"]
    assert any("overlap ratio 0.000" in output for output in shown)
    assert any("overlap ratio 0.980" in output for output in shown)
