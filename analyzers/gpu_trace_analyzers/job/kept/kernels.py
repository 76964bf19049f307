"""Which kernels did each step of a rank launch? As a number that is equal for the same ones, in any order."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from ...few_distinct import few_distinct
from ...model import MISSING
from ...questions.launches import launches
from ...questions.overlap import COMPUTE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64
    from ...questions.steady.steps import Steps
    from .one_rank import OneRank

_DIGITS = (1 << 62) - 1
"""of a digest: differences of two are within 64 bits"""


def kernels_of(rank: OneRank, steps: Steps) -> dict[str, Int64]:
    """(steps,) int64 each: ``kernels``, how many each launched, and ``kernels_digest``, of their names and shapes.

    The digest is `MISSING` for a step with a kernel whose grid is not known: it may have any amount of work.
    """
    work = rank.trace.work
    rows = rank.rows[work.does(COMPUTE)[rank.rows]]
    place = _step(rank, steps, rows)
    rows, place = rows[place != MISSING], place[place != MISSING]
    digest = np.zeros(len(steps), np.uint64)
    np.add.at(digest, place, _digests(rank, rows))
    unknown = np.bincount(place[work.grid[rows] == MISSING], minlength=len(steps)) > 0
    return {
        "kernels": np.bincount(place, minlength=len(steps)),
        "kernels_digest": np.where(unknown, MISSING, (digest & np.uint64(_DIGITS)).astype(np.int64)),
    }


def _step(rank: OneRank, steps: Steps, rows: Int64) -> Int64:
    """(n,) int64: the step that launched each row of its work, `MISSING` for none; when it ran does not matter."""
    if not len(steps):
        return np.full(len(rows), MISSING)
    at_ns = launches(rank.trace).at_ns[rows]
    place = np.searchsorted(steps.launch_from_ns, at_ns, side="right") - 1
    inside = (place >= 0) & (at_ns < steps.launch_to_ns[place]) & (rank.trace.work.process[rows] == steps.process[0])
    return np.where(inside, place, MISSING)


def _digests(rank: OneRank, rows: Int64) -> NDArray[np.uint64]:
    """(n,) uint64: of the name, the grid and the block of each row of its work."""
    work, codes = rank.trace.work, len(rank.trace.strings) + 1
    _, pair = few_distinct(work.name[rows].astype(np.int64) * codes + work.grid[rows])
    _, kind = few_distinct(pair * codes + work.block[rows])
    one_of_kind = np.zeros(int(kind.max(initial=-1)) + 1, np.int64)
    one_of_kind[kind] = rows
    columns = [column[one_of_kind].tolist() for column in (work.name, work.grid, work.block)]
    texts = ("\0".join(map(rank.trace.text, codes)) for codes in zip(*columns, strict=True))
    return np.array([_digest(text) for text in texts], np.uint64)[kind]


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "little")
