"""Which collectives did a rank take part in, and of which process groups?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import MISSING, Engine
from ...rows_of_each import rows_of_each
from .chains import chains
from .exposed import exposed
from .listed_ranks import listed_ranks, ranks_listed
from .tables import Collectives, Groups
from .texts import recoded

if TYPE_CHECKING:
    from ...model import Int64
    from ...readers.base.building import Strings
    from .one_rank import OneRank


def collective_rows(rank: OneRank) -> Int64:
    """The rows of its work that begin in its window, in order of their begins and ends."""
    work = rank.trace.work
    rows = rank.rows[work.engine[rank.rows] == Engine.COLLECTIVE]
    rows = rows[rank.begins_inside(work.start_ns[rows])]
    return np.asarray(rows[np.lexsort((work.end_ns[rows], work.start_ns[rows]))])


def collectives_of(rank: OneRank, rows: Int64, strings: Strings, most: int) -> Collectives:
    """A row for each of the first ``most`` rows of its work."""
    work, texts = rank.trace.work[rows], rank.trace.strings
    found = Collectives.of(
        {
            "rank": np.full(len(work), rank.number),
            "group": recoded(work.group, strings, texts.__getitem__),
            "sequence": work.sequence,
            "name": recoded(work.name, strings, texts.__getitem__),
            "start_ns": rank.since_1970(work.start_ns),
            "end_ns": rank.since_1970(work.end_ns),
            "size": work.size,
            "step": _step(rank, work.start_ns),
            **_chains(rank, rows),
            **exposed(rank, rows, strings),
        }
    )
    return found[: min(most, len(work))]


def _chains(rank: OneRank, rows: Int64) -> dict[str, Int64]:
    """What each came after; launches on the clock of the host."""
    found = dict(chains(rank.trace, rank.devices, rows, rank.began_ns))
    for name in ("launched_ns", "resumed_ns"):
        found[name] = np.where(found[name] == MISSING, MISSING, rank.since_1970(found[name]))
    return found


def groups_of(rank: OneRank, rows: Int64, strings: Strings) -> Groups:
    """A row for each process group of these rows of its work."""
    members = rows_of_each(rank.trace.work.group[rows])
    each = [_group(rank, rows[own], code, strings) for code, own in members.items()]
    return Groups.of({name: [row[name] for row in each] for name in Groups.columns()})


def _group(rank: OneRank, rows: Int64, code: int, strings: Strings) -> dict[str, int]:
    work, sequence = rank.trace.work, rank.trace.work.sequence[rows]
    text = rank.trace.text(code)  # with its ranks, because subgroups made by ``split_group`` all have one name
    members = listed_ranks(ranks_listed(text))
    every, holds = members.all_of_them, members.holds(rank.number)
    known = sequence[sequence != MISSING]
    return {
        "rank": rank.number,
        "group": strings[text] if code != MISSING else MISSING,
        "size": len(every) if every else MISSING,
        "first_rank": min(members.ranks, default=MISSING),
        "last_rank": max(members.ranks, default=MISSING),
        "belongs": MISSING if holds is None else int(holds),
        "calls": len(rows),
        "busy_ns": Intervals.of(work.start_ns[rows], work.end_ns[rows]).total_ns,
        "first_sequence": int(known.min()) if len(known) else MISSING,
        "last_sequence": int(known.max()) if len(known) else MISSING,
    }


def _step(rank: OneRank, start_ns: Int64) -> Int64:
    """(n,) int64: the step in which each began; `MISSING` outside all."""
    steps = rank.steps
    if steps is None or not len(steps):
        return np.full(len(start_ns), MISSING)
    place = np.searchsorted(steps.start_ns, start_ns, side="right") - 1
    inside = (place >= 0) & (start_ns < steps.end_ns[place])
    return np.where(inside, steps.number[place], MISSING)
