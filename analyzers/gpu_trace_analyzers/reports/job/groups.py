"""Process groups by kind: how long their ranks waited for the last one, and how fast data moved then."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...model import MISSING
from ...units import NONE, count, duration, rate, size
from ..fields import Field, Rows, Shown, Within, table
from ..parts import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...job.answer import GroupFigures, JobAnswer
    from ..parts import Table

    BySize = tuple[str, str, int, float | None]

FIELDS = (
    Rows(
        "groups",
        "per kind of process groups, which are equal in size and in the distance of their ranks",
        lambda answer, _: answer.groups,
        (
            Field("title"),
            Field("groups", "how many there are"),
            Field("size", "ranks of one"),
            Field("collectives"),
            Field("wait_ns", "until the last rank came, over all ranks"),
            Field("transfer_ns", "from then to the end, over all ranks"),
            Field("bus_gb_per_s", "null if the bytes are not known"),
            Rows(
                "by_size",
                "per size of the message",
                lambda row, _: row.by_size,
                (
                    Field("bytes", "null if not known", lambda row, _: None if row[0] == MISSING else row[0]),
                    Field("collectives", get=lambda row, _: row[1]),
                    Field("bus_gb_per_s", get=lambda row, _: row[2]),
                ),
            ),
        ),
    ),
    Field("groups_by_order", "how many have collectives without numbers, which are matched by their order"),
    Field("groups_not_matched", "how many have collectives without numbers, whose order does not tell which are one"),
)
_TITLE = Column("process groups", kind=Kind.WORD)
_SHOWN = (
    Shown(_TITLE, lambda row, _: row.title),
    Shown(Column("groups", drop_order=2), lambda row, _: count(row.groups)),
    Shown(Column("ranks each", drop_order=3), lambda row, _: count(row.size)),
    Shown(Column("collectives", drop_order=1), lambda row, _: count(row.collectives)),
    Shown(Column("wait per rank"), lambda row, _: duration(_per_rank(row.wait_ns, row))),
    Shown(Column("transfer per rank"), lambda row, _: duration(_per_rank(row.transfer_ns, row))),
    Shown(Column("bus rate"), lambda row, _: rate(row.bus_gb_per_s)),
)
_BY_SIZE = (
    Shown(_TITLE, lambda row, _: row[0]),
    Shown(Column("message"), lambda row, _: row[1]),
    Shown(Column("collectives"), lambda row, _: count(row[2])),
    Shown(Column("bus rate"), lambda row, _: rate(row[3])),
)


def _per_rank(ns: int, row: GroupFigures) -> int:
    """The mean over all ranks of these groups."""
    return ns // max(1, row.groups * row.size)


def order_line(answer: JobAnswer) -> str:
    """That collectives were matched by their order; empty if their numbers matched them, or nothing did."""
    if not answer.groups_by_order:
        return ""
    return "collectives have no numbers; they are matched by their order, which is the same on all ranks"


def not_matched_line(answer: JobAnswer) -> str:
    """Which collectives could not be matched; empty if all could."""
    if not answer.groups_not_matched:
        return ""
    which = f"the collectives of {count(answer.groups_not_matched, 'process group')} have no numbers"
    return f"{which}, and their order does not tell for certain which are one: ranks are not compared by them"


def group_table(answer: JobAnswer) -> Table:
    """A row per kind of groups."""
    return table(_SHOWN, answer.groups, Within())


def size_table(answer: JobAnswer) -> Table:
    """A row per kind of groups and size of message."""
    return table(_BY_SIZE, _by_size(answer.groups), Within())


def _by_size(groups: Sequence[GroupFigures]) -> list[BySize]:
    return [
        (group.title, said, collectives, bus_rate)
        for group in groups
        for said, (_, collectives, bus_rate) in zip(_sizes(group), group.by_size, strict=True)
    ]


def _sizes(group: GroupFigures) -> list[str]:
    """The size of each message; in bytes if it reads like another one of the group."""
    said = [NONE if row[0] == MISSING else size(row[0]) for row in group.by_size]
    alike = {text for text, times in Counter(said).items() if times > 1}
    return [f"{row[0]:,} B" if text in alike else text for text, row in zip(said, group.by_size, strict=True)]
