"""What ``run.json`` says of the ranks of a job that a run recorded, and of the process groups that they were in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..boot.contract import BACKEND, WORLD_SIZE
from .process_groups import described, groups_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .assemble import ProcessLeft


def in_run_json(processes: Iterable[ProcessLeft], names: Mapping[int, str]) -> dict[str, Any]:
    """Its ``ranks`` and ``groups``. ``names`` are those of the traces, by process id; a rank may have none."""
    ranks = sorted((each for each in processes if each.rank is not None), key=lambda each: each.rank or 0)
    groups = {described(group): None for each in ranks for group in groups_of(each.notes)}
    return {
        "ranks": [
            {
                "rank": each.rank,
                "world_size": each.notes.last_number(WORLD_SIZE),
                "pid": each.pid,
                "backend": each.notes.last(BACKEND),
                "trace": names.get(each.pid),
            }
            for each in ranks
        ],
        "groups": [dict(zip(("name", "description", "size", "ranks"), group, strict=True)) for group in groups],
    }
