"""The Python of the documentation runs, block after block of a page, from the project's root."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [page for page in sorted((ROOT / "docs").rglob("*.md")) if "gpu_trace.load(" in page.read_text("utf-8")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_runs(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    scope: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
        exec(block, scope)


def test_there_is_a_page():
    assert [page.name for page in PAGES] == ["python-api.md"]
