"""Which operations does a change take off their stream, and where does it need events?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ...model import Engine
from ..answer import Move

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..window import Part


def moves(part: Part, moved: NDArray[np.bool_], needs: Sequence[Sequence[int]]) -> tuple[Move, ...]:
    """A row per engine, name and stream of the moved operations: (n,) bool, the most time first."""
    work = part.trace.work[part.rows]
    waits_for, awaited_by = _neighbors(part, moved, needs)
    groups: dict[tuple[int, int, int], list[int]] = {}
    for k in np.flatnonzero(moved).tolist():
        groups.setdefault((int(work.engine[k]), int(work.name[k]), int(work.stream[k])), []).append(k)
    found = []
    for (engine, name, stream), members in groups.items():
        ns = int((work.end_ns[members] - work.start_ns[members]).sum())
        before, after = _commonest(waits_for, members), _commonest(awaited_by, members)
        found.append((ns, Move(Engine(engine), part.trace.text(name), stream, len(members), before, after)))
    return tuple(move for _, move in sorted(found, key=lambda each: -each[0]))


def _neighbors(
    part: Part, moved: NDArray[np.bool_], needs: Sequence[Sequence[int]]
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Of each moved operation, the names of those left behind that it needs, and of those that need it."""
    names = [part.trace.text(code) for code in part.trace.work.name[part.rows].tolist()]
    waits_for: dict[int, list[str]] = {}
    awaited_by: dict[int, list[str]] = {}
    for k, before in enumerate(needs):
        for j in before:
            if moved[k] and not moved[j]:
                waits_for.setdefault(k, []).append(names[j])
            elif moved[j] and not moved[k]:
                awaited_by.setdefault(j, []).append(names[k])
    return waits_for, awaited_by


def _commonest(names: dict[int, list[str]], members: Sequence[int]) -> str:
    """The name that most of the members have; empty for none."""
    counted = Counter(name for k in members for name in names.get(k, ())[:1])
    return counted.most_common(1)[0][0] if counted else ""
