"""The page of columns has every table and every column."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from gpu_trace_analyzers.model import Device, Engine, Frames, Memory, Process, RangeKind, SyncKind, ThreadState, Trace

PAGE = (Path(__file__).parents[4] / "docs/columns.md").read_text()
SECTIONS = {
    name: text for names, text in re.findall(r"^### (.+)\n([^#]+)", PAGE, re.MULTILINE) for name in names.split(", ")
}
TABLES = {name: [*table.columns()] for name, table in Trace.table_types().items()} | {
    "stack_frames": [*Frames.columns()],
    "devices": [field.name for field in fields(Device)],
    "processes": [field.name for field in fields(Process)],
    "strings": ["text"],
}


def test_every_table_has_its_section():
    assert SECTIONS.keys() == TABLES.keys()


@pytest.mark.parametrize("table", TABLES)
def test_every_column_is_in_it(table):
    rows = [line for line in SECTIONS[table].splitlines() if line.startswith("| `")]
    assert {*TABLES[table]} <= {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.mark.parametrize(
    ("column", "numbers"),
    [("engine", Engine), ("source", Memory), ("kind", RangeKind), ("kind", SyncKind), ("state", ThreadState)],
)
def test_every_number_of_a_kind_is_said(column, numbers):
    rows = [line for line in PAGE.splitlines() if line.startswith("| `") and f"`{column}`" in line.split("|")[1]]
    assert any(all(re.search(rf"\b{number.value} ", row) for number in numbers) for row in rows)
