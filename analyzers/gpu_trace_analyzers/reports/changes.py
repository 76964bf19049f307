"""What changed between two traces, or two sides of several, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..units import NONE, duration, ratio
from . import markdown
from .loss_changes import account_document, account_table, change_line, first_line, how_compared
from .operation_changes import operation_parts, operations_document
from .parts import Column, Facts, Kind, Line, Section, Table, Verdict
from .sections.notes import doubtful
from .sections.source import source_line
from .sections.verdict import overlap_of
from .spreads import change_cell, change_document, spread_cell
from .text import drawn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ..comparison import Compared, Comparison
    from ..spread import Change
    from ..summary import Summary

SCHEMA = "gpu-trace.diff/1"
_NAMES = {
    "span_ns": "span",
    "compute_ns": "compute",
    "copy_ns": "copy",
    "overlap_ns": "overlap",
    "overlap_ratio": "overlap ratio",
    "exposed_copy_ns": "exposed copy",
    "headroom_ns": "headroom",
    "gain": "gain",
    "collective_ns": "collectives",
    "exposed_collective_ns": "exposed collectives",
    "idle_ns": "idle",
    "window_ns": "span",
    "hidden_copy_ns": "hidden copy",
    "count": "count",
}
_RATIOS = ("overlap_ratio", "gain")


_CHANGES = (Column("before"), Column("after", drop_order=2), Column("change", drop_order=1))
_SEVERAL = (
    *(Column("before"), Column("min to max", drop_order=1), Column("after"), Column("min to max", drop_order=2)),
    Column("change"),
)
_RANGE_COLUMNS = (
    Column("range", kind=Kind.WORD),
    Column("device", drop_order=5, kind=Kind.WORD),
    Column("span", drop_order=4),
    Column("after", drop_order=3),
    Column("change", drop_order=2),
    Column("exposed"),
    Column("after"),
    Column("change", drop_order=1),
)
_ONE_SIDE_COLUMNS = (
    Column("device", drop_order=3, kind=Kind.WORD),
    Column("span", drop_order=2),
    Column("copy", drop_order=1),
    Column("exposed"),
)


def to_text(found: Comparison, width: int = 100) -> str:
    """What changed most, the verdicts of both, then tables per device, per cause and per range."""
    return drawn(sections(found), width=width)


def sections(found: Comparison) -> Iterator[Section]:
    """The same as parts."""
    if found.first:
        yield Section("", (Verdict(first_line(found), tuple(how_compared(found))),))
    sides = (("before", found.before), ("after ", found.after))
    yield Section("", tuple(Line(line) for title, runs in sides for line in _side(title, runs)))
    accounts = {account.device: account for account in found.accounts}
    operations = {row.device: tuple(operation_parts(row, found.several)) for row in found.operations}
    for device, exposed, idle in zip(found.devices, found.exposed, found.idle, strict=True):
        if account := accounts.get(device.device):
            line = (Facts((f"{device.device}: {change_line(account)}",)),) if len(accounts) > 1 else ()
            yield Section("", (*line, account_table(account, found.several)))
        causes = {} if account else {"exposed": exposed, "idle": idle}
        yield Section("", (_device_table(device, causes, found.several),))
        if parts := operations.get(device.device):
            yield Section("", parts)
    for table in _range_tables(found.ranges):
        yield Section("", (table,))


def to_markdown(found: Comparison) -> str:
    """The same as a markdown page."""
    return markdown.drawn(sections(found))


def to_json(found: Comparison) -> str:
    """The same for programs; what one side does not have is null."""
    document = {
        "schema": SCHEMA,
        "before": _paths(found.before),
        "after": _paths(found.after),
        "in_doubt": {"before": _doubts(found.before), "after": _doubts(found.after)},
        "devices": [_document(row, found.several) for row in found.devices],
        "ranges": [_document(row, found.several) for row in found.ranges],
        "exposed": [_document(row, found.several) for row in found.exposed],
        "idle": [_document(row, found.several) for row in found.idle],
        "account": account_document(found),
        "operations": operations_document(found.operations, found.several),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _paths(runs: Sequence[Summary]) -> str | list[str]:
    """The path of a single run, or those of several."""
    paths = [run.source.path for run in runs]
    return paths[0] if len(paths) == 1 else paths


def _doubts(runs: Sequence[Summary]) -> dict[str, dict[str, int]]:
    """By device, for each reason the operations whose times cannot be true, in all runs of a side."""
    found: dict[str, dict[str, int]] = {}
    for run in runs:
        labels = {figures.position: figures.device.label for figures in run.devices}
        for doubt in run.source.doubts:
            if doubt.device in labels:
                of_device = found.setdefault(labels[doubt.device], {})
                of_device[doubt.reason] = of_device.get(doubt.reason, 0) + doubt.operations
    return found


def _document(row: Compared, several: bool) -> dict[str, object]:
    return {
        "name": row.name,
        "device": row.device,
        "in_before": row.in_before,
        "in_after": row.in_after,
        "changes": {c.figure: change_document(c, several) for c in row.changes},
    }


def _side(title: str, runs: Sequence[Summary]) -> Iterator[str]:
    """A line for each run and what is in doubt of it; with a single run, also the overlap of each device."""
    for position, summary in enumerate(runs):
        yield f"{'       ' if position else title + ' '}{source_line(summary)}"
        for figures in summary.devices if len(runs) == 1 else ():
            yield f"       {figures.device.label}: {overlap_of(figures, summary)}"
        yield from (f"       {sentence}" for sentence in doubtful(summary))


def _device_table(device: Compared, causes: Mapping[str, Compared], several: bool) -> Table:
    """The figures of the whole span; ``causes`` are those of it, of a device without an account, which has them."""
    row = _row_of_several if several else _row
    rows = [row(_NAMES[c.figure], c) for c in device.changes if c.before or c.after]
    rows += [row(f"  {what}: {c.figure}", c, cause=True) for what, of in causes.items() for c in of.changes]
    return Table((Column(device.device, kind=Kind.WORD), *(_SEVERAL if several else _CHANGES)), tuple(rows))


def _range_tables(ranges: Sequence[Compared]) -> Iterator[Table]:
    """One table of the ranges of both, by their windows and exposed copies, and one line for those of one side."""
    both = [row for row in ranges if row.in_before and row.in_after]
    if both:
        yield Table(_RANGE_COLUMNS, tuple(_range_row(row) for row in both))
    for side, rows in (
        ("only before", [row for row in ranges if not row.in_after]),
        ("only after", [row for row in ranges if not row.in_before]),
    ):
        if rows:
            cells = tuple((row.name, _short(row.device), *_one_side(row)) for row in rows)
            yield Table((Column(f"range, {side}", kind=Kind.WORD), *_ONE_SIDE_COLUMNS), cells)


def _range_row(row: Compared) -> tuple[str, ...]:
    changes = {c.figure: c for c in row.changes}
    cells = [_row("", changes[figure])[1:] for figure in ("window_ns", "exposed_copy_ns")]
    return (row.name, _short(row.device), *cells[0], *cells[1])


def _short(device: str) -> str:
    """Without what it is called; the tables of devices say that."""
    return device.partition(" (")[0]


def _one_side(row: Compared) -> list[str]:
    changes = {c.figure: c for c in row.changes}
    values = [changes[figure] for figure in ("window_ns", "copy_ns", "exposed_copy_ns")]
    return [_shown(c.figure, c.after if c.before is None else c.before) for c in values]


def _row(name: str, change: Change, cause: bool = False) -> tuple[str, ...]:
    figure = "span_ns" if cause else change.figure
    changed = change_cell(change, lambda change: _difference(figure, change))
    return (name, _shown(figure, change.before), _shown(figure, change.after), changed)


def _row_of_several(name: str, change: Change, cause: bool = False) -> tuple[str, ...]:
    """The same, with how far apart the runs of each side are."""
    figure = "span_ns" if cause else change.figure
    _, before, after, changed = _row(name, change, cause)
    spreads = [spread_cell(side, lambda value: _shown(figure, value)) for side in (change.of_before, change.of_after)]
    return (name, before, spreads[0], after, spreads[1], changed)


def _shown(figure: str, value: float | None) -> str:
    if value is None:
        return NONE
    return ratio(value) if figure in _RATIOS else f"{int(value):,}" if figure == "count" else duration(int(value))


def _difference(figure: str, change: Change) -> str:
    """``-42.1 ms (-97.3 %)``, with a sign; of ratios the difference alone."""
    if change.before is None or change.after is None:
        return NONE
    by = change.after - change.before
    if by == 0:
        return "="
    sign = "+" if by > 0 else "−"
    if figure in _RATIOS:
        return f"{sign}{abs(by):.3f}"
    percent = f" ({sign}{abs(100 * by / change.before):.1f} %)" if change.before else ""
    return f"{sign}{duration(int(abs(by)))}{percent}"
