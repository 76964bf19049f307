"""How long each step was, and what a device lost most in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...model import MISSING
from ...questions.work.work import MOST_STEPS, longest
from ...units import NONE, count, duration
from ..fields import At, Field, Nested, Rows, Shown, table
from ..owner_names import OWNER_NAMES
from ..parts import Column, Facts, Kind, Span
from .device import DEVICE, RANK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...questions.work.steps import StepLength
    from ...summary import Summary
    from ..parts import Part, Table

_NUMBER, _NAME, _PID = Field("number", "n of `ProfilerStep#n`, otherwise counted from 0"), Field("name"), Field("pid")
FIELDS = (
    Rows(
        "steps",
        "per process and step of the recording, in the window or not; of more than 1,000 the longest ones",
        lambda work, _: work.steps,
        (
            _NUMBER,
            Field("name", "of the range that marks it; empty for a repetition of the launch sequence"),
            _PID,
            RANK,
            Field("start_ns", "on the devices"),
            Field("device_ns", "from when the devices began it to when they began the next"),
            Field("host_ns", "from when the host began it to when it began the next"),
            Field("operations", "launched in it"),
            Field("kind", "steps of one kind launch the same operations"),
            Field("kind_name", "the range that only steps of this kind have; empty if none, or if all are of one kind"),
            Field("in_window", "whether the account is of it"),
            Nested(
                "loss",
                "the largest loss of a device of the process in it; null outside the window, and without any loss",
                lambda row, _: row.loss,
                (
                    Field("owner", get=lambda row, _: row.owner.value),
                    Field("cause"),
                    Field("ns"),
                    DEVICE,
                ),
            ),
        ),
        table="step_lengths",
        first=(_NUMBER, _NAME, _PID, RANK),
    ),
    Field("steps_left_out", "how many steps `steps` does not have"),
)


_LOSS_ROOM = 48
"""Characters of a loss in a terminal; the account above has them in full."""


def _step(row: StepLength, _at: At) -> str:
    process = f"r{row.rank} " if row.rank >= 0 else ""
    return f"{process}{row.number}" + ("" if row.in_window else " (left out)")


def _kind(row: StepLength, _at: At) -> str:
    return row.kind_name or count(row.kind)


def _loss(row: StepLength, _at: At) -> str:
    if row.loss is None:
        return NONE
    return f"{duration(row.loss.ns)} {OWNER_NAMES[row.loss.owner]}: {row.loss.title}"


_SHOWN = (
    Shown(Column("step", kind=Kind.WORD), _step),
    Shown(Column("on device"), lambda row, _: duration(row.device_ns)),
    Shown(Column("on host", drop_order=3), lambda row, _: duration(row.host_ns)),
    Shown(Column("ops", drop_order=2), lambda row, _: count(row.operations)),
    Shown(Column("kind", drop_order=1, kind=Kind.WORD), _kind),
    Shown(Column("largest loss", drop_order=4, kind=Kind.WORD, room=_LOSS_ROOM), _loss),
)


def step_length_parts(rows: Sequence[StepLength], most: int | None, summary: Summary) -> Iterator[Part]:
    """The table of the ``most`` longest steps, in their order, and how long the others are."""
    if summary.account and summary.account.steady.found_by == "asked":
        rows = [row for row in rows if row.in_window]
    shown = longest(rows, len(rows) if most is None else most)
    if not shown:
        return
    yield _table(shown, summary)
    nowhere = summary.work.steps_left_out if summary.work else 0
    if others := len(rows) - len(shown) + nowhere:
        has = f"the {MOST_STEPS:,} longest are" if nowhere else "all are"
        yield Facts((f"and {count(others, 'other step')}, none of them longer; {has} in --json",))


def _table(rows: Sequence[StepLength], summary: Summary) -> Table:
    """A row per step; no column of kinds where all are of one, and none of the host where that is the device."""
    one = len({row.kind for row in rows}) == 1
    on_cpu = all(row.device_ns == row.host_ns for row in rows)
    left_out = [*(("kind",) if one else ()), *(("on host",) if on_cpu else ())]
    shown = [each for each in _SHOWN if each.column.title not in left_out]
    spans = tuple(Span(row.start_ns, row.start_ns + row.device_ns, MISSING, row.rank) for row in rows)
    return replace(table(shown, rows, At.of(summary)), every_row=True, spans=spans)
