"""Folders of many ranks for benchmarks: copies of recordings of two, each with a rank and a process id of its own."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

TRACES = Path(__file__).resolve().parents[1] / "samples/traces"
DDP = tuple(TRACES / f"ddp_rank{rank}.json.gz" for rank in range(2))
"""10 MB of JSON each, 31 000 events"""
SMALL = tuple(TRACES / f"one_h200/two_ranks/trace-rank-{rank}.json.gz" for rank in range(2))
"""20 all-reduces: 250 kB of JSON each"""

_RANK = re.compile(rb'("rank": ?)\d+(, ?"world_size": ?)2')
_PROCESS = re.compile(rb'"pid": (\d+)')
_MEMBERS = re.compile(rb'((?:"ranks"|"Process Group Ranks"): "?)\[0, 1\]')


def write_ranks(folder: Path, ranks: int, recorded: Sequence[Path] = DDP) -> None:
    """Write a trace for each rank into a folder that is not there yet; their times stay those of the recordings."""
    folder.mkdir(parents=True)
    texts = [gzip.decompress(path.read_bytes()) for path in recorded]
    for rank in range(ranks):
        text = _as_rank(texts[rank % len(texts)], rank, ranks)
        (folder / f"trace-rank-{rank}.json.gz").write_bytes(gzip.compress(text, 1))


def _as_rank(text: bytes, rank: int, ranks: int) -> bytes:
    text = _RANK.sub(rb"\g<1>%d\g<2>%d" % (rank, ranks), text)
    text = _MEMBERS.sub(rb"\g<1>[%s]" % ", ".join(map(str, range(ranks))).encode(), text)
    process = _PROCESS.search(text)
    return text if process is None else text.replace(process[0], b'"pid": %d' % (10_000 + rank))
