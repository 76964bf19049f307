"""Devices that computed concurrently."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...questions.overlap import PAIRED_AT_MOST
from ...units import count, duration, ratio
from ..fields import At, Field, Rows, Shown, table
from ..parts import Column, Kind

if TYPE_CHECKING:
    from ...summary import Summary
    from ..parts import Table

FIELDS = (
    Rows(
        "device_pairs",
        "per pair of devices that computed; empty if more than 8 devices had activity",
        lambda summary, _: summary.pairs,
        (
            Field("a", get=lambda pair, at: at.places[pair.a]),
            Field("b", get=lambda pair, at: at.places[pair.b]),
            Field("together_ns"),
            Field("shorter_ns"),
            Field("ratio"),
        ),
        table="pairs",
    ),
    Field(
        "device_pairs_omitted",
        "how many pairs `device_pairs` then leaves out, otherwise 0",
        lambda summary, _: summary.pairs_omitted,
    ),
)
_SHOWN = (
    Shown(
        Column("devices computing concurrently", kind=Kind.WORD),
        lambda pair, at: f"{at.label(pair.a)} and {at.label(pair.b)}",
    ),
    Shown(Column("together"), lambda pair, _: duration(pair.together_ns)),
    Shown(Column("of the shorter", drop_order=1), lambda pair, _: duration(pair.shorter_ns)),
    Shown(Column("ratio"), lambda pair, _: ratio(pair.ratio)),
)


def pair_table(summary: Summary) -> Table:
    """A row per pair of devices."""
    return table(_SHOWN, summary.shown_pairs, At.of(summary))


def pairs_line(summary: Summary) -> str:
    """How many pairs of devices are not compared; empty where all are."""
    if not summary.pairs_omitted:
        return ""
    pairs = count(summary.pairs_omitted, "pair")
    return f"{pairs} of devices not compared, because more than {PAIRED_AT_MOST} were active"
