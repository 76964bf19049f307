"""How long the operations of all ranks are, by engine: quantiles of a histogram that adds up over ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...job.kept.histogram import least_ns
from ...units import count, duration
from ..fields import Field, Rows, Shown, Within, table
from ..parts import Column, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...columns import Int64
    from ...job.answer import JobAnswer
    from ..parts import Table


@dataclass(frozen=True, slots=True)
class OperationLengths:
    """Of all operations of one engine. A quantile is the lower end of its bucket, at most an eighth of it too short."""

    engine: str
    count: int
    ns: int
    """added up"""
    median_ns: int
    p90_ns: int
    p99_ns: int


def operation_lengths(answer: JobAnswer) -> Iterator[OperationLengths]:
    """A row per engine, the most time first."""
    rows = answer.lengths
    engines = [np.flatnonzero(rows.engine == engine) for engine in np.unique(rows.engine)]
    for at in sorted(engines, key=lambda at: -int(rows.ns[at].sum())):
        buckets, counts = rows.bucket[at], rows.count[at]
        quantiles = (_quantile(buckets, counts, percent) for percent in (50, 90, 99))
        engine = answer.strings[int(rows.engine[at[0]])]
        yield OperationLengths(engine, int(counts.sum()), int(rows.ns[at].sum()), *quantiles)


def _quantile(buckets: Int64, counts: Int64, percent: int) -> int:
    """The shortest length of the bucket that has the operation which so many percent are not longer than."""
    order = np.argsort(buckets)
    within = np.cumsum(counts[order])
    wanted = -(-int(within[-1]) * percent // 100)
    return least_ns(int(buckets[order[np.searchsorted(within, wanted)]]))


FIELDS = (
    Rows(
        "operation_lengths",
        "of all operations by engine, the most time first; a quantile may be an eighth too short",
        lambda answer, _: operation_lengths(answer),
        (
            Field("engine"),
            Field("count"),
            Field("ns", "added up"),
            Field("median_ns"),
            Field("p90_ns"),
            Field("p99_ns"),
        ),
    ),
)
_SHOWN = (
    Shown(Column("engine", kind=Kind.WORD), lambda row, _: row.engine),
    Shown(Column("operations"), lambda row, _: count(row.count)),
    Shown(Column("time"), lambda row, _: duration(row.ns)),
    Shown(Column("median"), lambda row, _: duration(row.median_ns)),
    Shown(Column("p90", drop_order=1), lambda row, _: duration(row.p90_ns)),
    Shown(Column("p99"), lambda row, _: duration(row.p99_ns)),
)


def length_table(answer: JobAnswer) -> Table:
    """A row per engine."""
    return table(_SHOWN, operation_lengths(answer), Within())
