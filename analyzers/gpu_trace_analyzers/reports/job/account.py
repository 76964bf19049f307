"""Where the time of all ranks went, and how far ranks differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import duration, share
from ...vocabulary.losses import Owner
from ..fields import Field, Nested, Rows
from ..owner_names import OWNER_NAMES
from ..parts import Bar, Column, Kind, Table
from .cause_names import CAUSE_NAMES
from .figures import QUANTILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...job.answer import JobAnswer, Share

SMALL = 0.005
"""share of the time below which a cause has no row"""
_NAME_ROOM = 28
_COLUMNS = (
    Column("all ranks", kind=Kind.WORD),
    Column("share"),
    Column("median rank", drop_order=2),
    Column("p10 to p90", drop_order=1),
    Column("most"),
)
FIELDS = (
    Rows(
        "account",
        "what the devices of all ranks did; the `ns` of all owners add up to `window_ns`",
        lambda answer, _: answer.account,
        (
            Field("owner"),
            Field("ns", "over all ranks"),
            Nested("of_rank", "by rank, in ns", lambda row, _: row.of_rank, QUANTILES),
            Rows(
                "causes",
                "the longest first; they add up to `ns`, and compute has none",
                lambda row, _: row.causes,
                (Field("cause", get=lambda row, _: row[0]), Field("ns", get=lambda row, _: row[1])),
            ),
        ),
    ),
)


def account_table(answer: JobAnswer, causes: int | None = None) -> Table:
    """A row per owner that has any time, below it those of its causes that are not small; at most ``causes`` in all."""
    shown = _causes_shown(answer, causes)
    rows = [row for each in answer.account if each.ns for row in _rows(each, answer, shown)]
    return Table(
        _COLUMNS,
        tuple(cells for cells, _ in rows),
        tuple(bar for _, bar in rows),
        name_room=_NAME_ROOM,
    )


def account_line(answer: JobAnswer) -> str:
    """``compute 62.0 %, exposed collectives 21.0 %, idle 17.0 % of the time of all ranks``."""
    shares = ", ".join(
        f"{OWNER_NAMES[Owner(each.owner)]} {share(each.ns, answer.window_ns)}" for each in answer.account if each.ns
    )
    return f"{shares} of the time of all ranks"


def _causes_shown(answer: JobAnswer, most: int | None) -> frozenset[tuple[str, str]]:
    """The largest causes of all owners."""
    large = [
        (ns, each.owner, cause)
        for each in answer.account
        for cause, ns in each.causes
        if ns >= SMALL * answer.window_ns and ns
    ]
    return frozenset((owner, cause) for _, owner, cause in sorted(large, reverse=True)[:most])


def _rows(found: Share, answer: JobAnswer, shown: frozenset[tuple[str, str]]) -> Iterator[tuple[tuple[str, ...], Bar]]:
    each = found.of_rank
    name = OWNER_NAMES[Owner(found.owner)]
    usual = f"{duration(each.low)} to {duration(each.high)}"
    most = f"{duration(each.most)} (rank {each.most_rank})"
    cells = (name, share(found.ns, answer.window_ns), duration(each.median), usual, most)
    yield cells, Bar(found.ns, answer.window_ns, found.owner)
    for cause, ns in found.causes:
        if (found.owner, cause) in shown:
            words = f"  {CAUSE_NAMES.get(cause, cause)}"
            yield (words, share(ns, answer.window_ns), "", "", ""), Bar(ns, answer.window_ns, found.owner)
