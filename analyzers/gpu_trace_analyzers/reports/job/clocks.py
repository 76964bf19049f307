"""How the clocks of hosts run, and how certain times of different hosts are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import count, duration
from ..fields import Field, Rows, Shown, Within, table
from ..parts import Column, Kind

if TYPE_CHECKING:
    from ...job.answer import JobAnswer
    from ..parts import Table

FIELDS = (
    Rows(
        "clocks",
        "per host, the least certain first, at most 32; it shows the true time + `offset_ns` + `drift_ppb` per s",
        lambda answer, _: answer.clocks,
        (
            Field("host"),
            Field("ranks"),
            Field("offset_ns", "against the reference host, at the begin of the job; positive if it is ahead"),
            Field("drift_ppb", "ns per second that it gains"),
            Field("residual_ns", "half of the collectives that were compared fit it better"),
            Field("uncertainty_ns", "by how much a time of it may be wrong after correction"),
            Field("compared", "collectives that the fit is of; 0: the clock is taken as it is"),
        ),
    ),
)
_SHOWN = (
    Shown(Column("host clock", kind=Kind.WORD), lambda row, _: row.host or "not named"),
    Shown(Column("ranks", drop_order=3), lambda row, _: count(row.ranks)),
    Shown(Column("offset"), lambda row, _: duration(row.offset_ns)),
    Shown(Column("drift per s", drop_order=2), lambda row, _: duration(row.drift_ppb)),
    Shown(Column("residual", drop_order=1), lambda row, _: duration(row.residual_ns)),
    Shown(Column("uncertain by"), lambda row, _: duration(row.uncertainty_ns)),
    Shown(Column("collectives", drop_order=4), lambda row, _: count(row.compared)),
)


def clock_table(answer: JobAnswer) -> Table:
    """A row per host."""
    return table(_SHOWN, answer.clocks, Within())


def clock_line(answer: JobAnswer) -> str:
    """How far times of different hosts can be trusted; empty where there is one clock."""
    if answer.hosts_in_all < 2 or not answer.clocks:
        return ""
    if any(not each.compared for each in answer.clocks):
        return _as_they_are(answer)
    worst = answer.clocks[0]
    return f"host clocks corrected; times are certain to ±{duration(worst.uncertainty_ns)} (worst: {worst.host})"


def _as_they_are(answer: JobAnswer) -> str:
    """Whose clocks could not be compared. Not all hosts are listed, but those without comparison come first."""
    names = [each.host for each in answer.clocks if not each.compared]
    if len(names) == 1:
        return f"the clock of {names[0]} is taken as it is: no collective compares it with another"
    number, more = f"{len(names):,}", len(names) == len(answer.clocks) < answer.hosts_in_all
    which = f"{'at least ' if more else ''}{number} of {count(answer.hosts_in_all, 'host')}"
    which = f"all {count(len(names), 'host')}" if len(names) == answer.hosts_in_all else which
    return f"the clocks of {which} are taken as they are: no collective compares them with others"
