"""The ranks of a distributed job: whom the others wait for, and their collectives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...questions.ranks import slowest
from ...units import NONE, count, duration, rate
from ..fields import At, Field, Rows, Shown, table
from ..parts import Column, Kind
from .device import DEVICE, LABEL
from .overlap import short_label

if TYPE_CHECKING:
    from ...questions.ranks import RankFigures
    from ...summary import Summary
    from ..parts import Table


def _slowest_rank(summary: Summary, _at: At) -> int | None:
    row = slowest(summary.ranks)
    return None if row is None else row.rank


def _active(row: RankFigures, at: At) -> list[int]:
    return [at.places[position] for position in row.devices if position in at.places]


_NAME = Field("name")
FIELDS = (
    Rows(
        "collectives",
        "per collective and device",
        lambda summary, _: summary.collectives,
        (
            _NAME,
            DEVICE,
            Field("count"),
            Field("busy_ns"),
            Field("hidden_ns"),
            Field("exposed_ns"),
            Field("compared", "how many of them all recorded ranks have; the fields after it are of these"),
            Field("wait_ns", "from its own arrival to the last one; null if not known"),
            Field("transfer_ns", "from the last arrival to the end; null if not known"),
            Field("algorithm_gb_per_s", "as nccl-tests defines it; null if the bytes or the transfer are not known"),
            Field("bus_gb_per_s"),
        ),
        table="collectives",
        first=(_NAME, DEVICE, LABEL),
    ),
    Rows(
        "ranks",
        "per rank of a distributed job",
        lambda summary, _: summary.ranks,
        (
            Field("rank"),
            Field("devices", get=_active),
            Field("busy_ns", "without collectives"),
            Field("collectives", "those that all ranks of their process group have"),
            Field("came_last"),
            Field("awaited_ns", "how long the other ranks waited for this one"),
            Field("in_doubt", "process groups are not known, and there may be several"),
            Field(
                "matched_by_order",
                "how many of its `collectives` are matched by name, order and time, not by a number in their group",
                lambda row, _: row.by_order,
            ),
        ),
    ),
    Field(
        "slowest_rank",
        "the rank with the longest `awaited_ns`, or without collectives the longest `busy_ns`; null for a tie, or "
        "without ranks",
        _slowest_rank,
    ),
)
_SHOWN = (
    Shown(Column("collective", kind=Kind.WORD), lambda row, _: row.name),
    Shown(Column("device", drop_order=6, kind=Kind.WORD), lambda row, at: short_label(at.device(row.device))),
    Shown(Column("count", drop_order=4), lambda row, _: count(row.count)),
    Shown(Column("busy", drop_order=5), lambda row, _: duration(row.busy_ns)),
    Shown(Column("hidden", drop_order=7), lambda row, _: duration(row.hidden_ns)),
    Shown(Column("exposed"), lambda row, _: duration(row.exposed_ns)),
    Shown(Column("wait", drop_order=3), lambda row, _: _or_nothing(row.wait_ns)),
    Shown(Column("transfer", drop_order=2), lambda row, _: _or_nothing(row.transfer_ns)),
    Shown(Column("bus rate", drop_order=1), lambda row, _: rate(row.bus_gb_per_s)),
)


def _or_nothing(ns: int | None) -> str:
    return NONE if ns is None else duration(ns)


def collective_table(summary: Summary) -> Table:
    """A row per collective and device."""
    return table(_SHOWN, summary.collectives, At.of(summary))


def rank_line(summary: Summary) -> str:
    """Which rank the others wait for; empty where there is none."""
    row = slowest(summary.ranks)
    if row is None:
        return ""
    if not row.collectives:
        return f"slowest rank: {row.rank}, busy for {duration(row.busy_ns)}; the ranks share no collective"
    often = f"last to arrive at {count(row.came_last)} of {count(row.collectives, 'collective')}{_matching(row)}"
    doubt = " (process groups are unknown, so all ranks count as one group)" if row.in_doubt else ""
    return f"slowest rank: {row.rank}, {often}; the other ranks waited {duration(row.awaited_ns)}{doubt}"


def _matching(row: RankFigures) -> str:
    """How many collectives have no number that identifies them on all ranks."""
    if not row.by_order:
        return ""
    which = "" if row.by_order == row.collectives else f"{count(row.by_order)} "
    return f" ({which}matched by order only)"
