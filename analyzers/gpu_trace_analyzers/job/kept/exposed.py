"""For how long before its end had each collective of a rank the device alone, and why, as far as the rank knows?

What others did then is known once all ranks are: whether they came late, or the transfer took its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...questions.account.collectives import explain_collectives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model import Int64
    from ...questions.explained import Explained
    from ...readers.base.building import Strings
    from .one_rank import OneRank


def exposed(rank: OneRank, rows: Int64, strings: Strings) -> Mapping[str, Int64]:
    """The columns ``exposed_ns`` and ``exposed_cause`` of these rows of its work."""
    work = rank.trace.work
    ns, cause = np.zeros(len(work), np.int64), np.full(len(work), MISSING)
    for position in rank.devices:
        found = explain_collectives(rank.scope, position)
        first, last = _runs(found)
        during = found.stretches.during[last]
        to_its_end = found.stretches.end_ns[last] == work.end_ns[during]
        first, last, during = first[to_its_end], last[to_its_end], during[to_its_end]
        ns[during] = found.stretches.end_ns[last] - found.stretches.start_ns[first]
        codes = np.array(strings.codes(rule.cause for rule in found.rules), np.int64)
        cause[during] = codes[found.rule[last]]
    return {"exposed_ns": ns[rows], "exposed_cause": cause[rows]}


def _runs(found: Explained) -> tuple[Int64, Int64]:
    """The first and the last of each run of stretches that follow at once, of one collective and for one reason."""
    of = found.stretches
    same = (of.end_ns[:-1] == of.start_ns[1:]) & (np.diff(of.during) == 0) & (np.diff(found.rule) == 0)
    breaks = np.flatnonzero(~same)
    some = min(len(of), 1)
    return np.append([0], breaks + 1)[: len(breaks) + some], np.append(breaks, [len(of) - 1])[: len(breaks) + some]
