"""Which process groups was a process in, and who is in them?"""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..boot.contract import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .notes import Notes

Group = dict[str, Any]
"""as torch.profiler describes it: ``pg_name``, ``pg_desc``, ``backend_config``, ``pg_size``, ``ranks``"""


def groups_of(notes: Notes) -> list[Group]:
    """The process groups that a process was in at any time, each once."""
    found: dict[tuple[object, ...], Group] = {}
    for group in _noted(notes):
        found.setdefault((group.get("pg_name"), *group["ranks"]), group)
    return list(found.values())


def _noted(notes: Notes) -> Iterator[Group]:
    for text in notes.all(GROUPS):
        try:
            groups = json.loads(text)
        except ValueError:  # the disk was full
            continue
        yield from (group for group in groups if _is_list_of_ranks(group.get("ranks")))


def _is_list_of_ranks(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(rank, int) for rank in value)


def described(group: Group) -> tuple[str, str, int, str]:
    """Its name, its description, its size, and its ranks in words."""
    ranks = group["ranks"]
    return str(group.get("pg_name", "")), str(group.get("pg_desc", "")), len(ranks), _in_stretches(ranks)


def _in_stretches(ranks: Sequence[int]) -> str:
    """``0-3, 8``: a group may have thousands."""
    numbered = enumerate(sorted(ranks))
    stretches = [[rank for _, rank in stretch] for _, stretch in groupby(numbered, lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{each[0]}-{each[-1]}" if len(each) > 1 else str(each[0]) for each in stretches)
