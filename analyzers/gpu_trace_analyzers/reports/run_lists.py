"""The runs of a folder: the name of each, what to know of it first, and how long it took."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import TraceUnreadable
from ..units import NONE, count, duration
from . import markdown, text
from .document import device_documents
from .fitting import GAP, shortened
from .parts import SHORTEST_NAME, Column, Kind, Line, Section, Table
from .sections.job_verdict import brief

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..run_list import Listed

SCHEMA = "gpu-trace.runs/1"


_COLUMNS = (Column("run", kind=Kind.WORD), Column("span"), Column("verdict", kind=Kind.WORD))


def to_text(folder: str, runs: Sequence[Listed], *, width: int = 100) -> str:
    """The list, ``width`` columns wide."""
    table = Table(_COLUMNS, tuple(_fitted(_rows(runs), width)))
    head = Section("", (Line(f"{folder} · {count(len(runs), 'run')}"),))
    return text.drawn([head, Section("", (table,))], width=width)


def to_markdown(folder: str, runs: Sequence[Listed]) -> str:
    """The same as a page."""
    columns = tuple(replace(column, kind=Kind.WORD) for column in _COLUMNS)
    return markdown.drawn([Section(f"Runs in {folder}", (Table(columns, tuple(_rows(runs))),))])


def to_json(folder: str, runs: Sequence[Listed]) -> str:
    """The same for programs, with the figures of each device of each run."""
    document = {"schema": SCHEMA, "path": folder, "runs": [_document(run) for run in runs]}
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _document(run: Listed) -> dict[str, Any]:
    return {
        "name": run.name,
        "paths": list(run.paths),
        "verdict": _verdict(run),
        "problem": None if run.problem is None else str(run.problem),
        "span_ns": run.span_ns,
        "devices": [] if run.summary is None else device_documents(run.summary),
    }


def _rows(runs: Sequence[Listed]) -> list[tuple[str, str, str]]:
    """Name, span and verdict of each."""
    return [(run.name, NONE if run.span_ns is None else duration(run.span_ns), _verdict(run)) for run in runs]


def _fitted(rows: list[tuple[str, str, str]], width: int) -> Iterator[tuple[str, str, str]]:
    """In ``width`` columns: spans are never cut, names only to a third of the width; a long verdict has more rows."""
    name = min(max(len("run"), *(len(row[0]) for row in rows)), max(SHORTEST_NAME, width // 3))
    span = max(len("span"), *(len(row[1]) for row in rows))
    room = max(1, width - name - span - 2 * GAP)
    for run, took, verdict in rows:
        first, *rest = text.wrapped(verdict, room) or [""]
        yield shortened(run, name), took, first
        yield from (("", "", line) for line in rest)


def _verdict(run: Listed) -> str:
    if run.summary is not None:
        return brief(run.summary)
    return run.problem.problem if isinstance(run.problem, TraceUnreadable) else str(run.problem)
