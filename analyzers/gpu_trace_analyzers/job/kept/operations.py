"""Which single operations of a rank were the longest, and how long are all of them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import Engine
from .bounds import LONGEST
from .histogram import bucket_of
from .tables import Lengths, Operations
from .texts import recoded

if TYPE_CHECKING:
    from ...model import DeviceWork
    from ...readers.base.building import Strings
    from .one_rank import OneRank


def operation_rows(rank: OneRank) -> DeviceWork:
    """Those that begin in its window."""
    work = rank.trace.work
    return work[np.isin(work.device, rank.devices) & rank.begins_inside(work.start_ns)]


def operations_of(rank: OneRank, work: DeviceWork, strings: Strings) -> Operations:
    """At least the `LONGEST` longest of ``work``; merging puts them in order and keeps so many."""
    work = work[work.engine != Engine.COLLECTIVE]
    ns = work.end_ns - work.start_ns
    if len(work) > LONGEST:  # all that are as long as the last of them: which of these stay, merging decides
        work = work[ns >= np.partition(ns, -LONGEST)[-LONGEST]]
    return Operations.of(
        {
            "rank": np.full(len(work), rank.number),
            "start_ns": rank.since_1970(work.start_ns),
            "ns": work.end_ns - work.start_ns,
            "name": recoded(work.name, strings, rank.trace.strings.__getitem__),
            "engine": recoded(work.engine.astype(np.int32), strings, lambda engine: Engine(engine).key),
        }
    )


def lengths_of(work: DeviceWork, strings: Strings) -> Lengths:
    """A row for each operation of ``work``; merging adds them up."""
    ns = work.end_ns - work.start_ns
    return Lengths.of(
        {
            "engine": recoded(work.engine.astype(np.int32), strings, lambda engine: Engine(engine).key),
            "bucket": bucket_of(ns),
            "count": np.ones(len(work), np.int64),
            "ns": ns,
        }
    )
