"""Which single operations of a rank were the longest, and how long are all of them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...few_distinct import few_distinct
from ...model import Engine
from ...questions.grouped import summed
from .bounds import LONGEST
from .histogram import bucket_of
from .tables import Lengths, Operations
from .texts import recoded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int32, Int64
    from ...readers.base.building import Strings
    from .one_rank import OneRank


def operation_rows(rank: OneRank) -> Int64:
    """The rows of its work that begin in its window."""
    return rank.rows[rank.begins_inside(rank.trace.work.start_ns[rank.rows])]


def operations_of(rank: OneRank, rows: Int64, strings: Strings) -> Operations:
    """At least the `LONGEST` longest of these rows of its work; merging puts them in order and keeps so many."""
    work = rank.trace.work
    rows = rows[work.engine[rows] != Engine.COLLECTIVE]
    ns = work.end_ns[rows] - work.start_ns[rows]
    if len(rows) > LONGEST:  # all that are as long as the last of them: which of these stay, merging decides
        rows = rows[ns >= np.partition(ns, -LONGEST)[-LONGEST]]
    work = work[rows]
    return Operations.of(
        {
            "rank": np.full(len(work), rank.number),
            "start_ns": rank.since_1970(work.start_ns),
            "ns": work.end_ns - work.start_ns,
            "name": recoded(work.name, strings, rank.trace.strings.__getitem__),
            "engine": _engines(work.engine, strings),
        }
    )


def lengths_of(rank: OneRank, rows: Int64, strings: Strings) -> Lengths:
    """A row for each engine and bucket of the lengths of these rows of its work."""
    work = rank.trace.work
    ns = work.end_ns[rows] - work.start_ns[rows]
    found, place = few_distinct(bucket_of(ns) * len(Engine) + work.engine[rows])
    return Lengths.of(
        {
            "engine": _engines(found % len(Engine), strings),
            "bucket": found // len(Engine),
            "count": np.bincount(place, minlength=len(found)),
            "ns": summed(place, ns, len(found)),
        }
    )


def _engines(engines: NDArray[Any], strings: Strings) -> Int32:
    return recoded(engines, strings, lambda engine: Engine(engine).key)
