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
    assert [page.name for page in PAGES] == ["traces-in-a-bucket.md", "python-api.md"]


def test_the_page_has_every_member_of_an_analysis():
    from gpu_trace import Analysis

    known = {name for kind in Analysis.__mro__[:-1] for name in vars(kind)}
    members = {name for name in known if not name.startswith("_")} | {"trace", "scope"}
    text = (ROOT / "docs/python-api.md").read_text("utf-8")
    table = text.partition("| of the trace |")[2].partition("\n\n")[0]
    cells = [" ".join(line.split("|")[1:3]) for line in table.splitlines() if line.startswith(("| `", "| | `"))]
    assert {name for cell in cells for name in re.findall(r"`(\w+)", cell)} == members


def test_the_page_has_every_column_of_every_frame():
    import gpu_trace

    before, after = (gpu_trace.load(ROOT / f"samples/traces/{name}.json.gz") for name in ("mlp_overlap", "two_streams"))
    results = {
        "overlap": gpu_trace.overlap(before),
        "ranges": gpu_trace.ranges(before),
        "causes": gpu_trace.causes(before),
        "work": gpu_trace.work(before),
        "what_if": gpu_trace.what_if(before),
        "diff": gpu_trace.diff(before, after),
        "frames": before.frames(),
    }
    frames = {
        f"{name}.{field}": list(getattr(result, field).columns)
        for name, result in results.items()
        for field in result.__dataclass_fields__
        if field not in ("steady", "answer")
    }
    rows = re.findall(
        r"^\| (`\w+\.\w+`.*?) \| .*? \| (.*) \|$", (ROOT / "docs/python-api.md").read_text("utf-8"), re.MULTILINE
    )
    shown = {name: re.findall(r"`(\w+)`", columns) for names, columns in rows for name in re.findall(r"`(.+?)`", names)}
    assert shown == frames
