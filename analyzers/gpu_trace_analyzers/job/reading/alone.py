"""One rank of a job, as a trace of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import UsageError
from ...model import MISSING
from ...readers.base.merging import merge
from ...readers.base.shared_devices import span_ns, whose
from ...readers.folders.files import with_rank
from ..kept.listed_ranks import spacing
from ..kept.one_rank import rank_of
from .each_rank import each_rank
from .sources import RankFiles, rank_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...asked import Asked
    from ...model import Trace
    from ...places import Place


def rank_alone(run: Place, rank: int, asked: Asked, *, operators: bool = False) -> Trace:
    """The trace of one rank of a run, which may be a folder or one file.

    Raises `UsageError` where there is no such rank, and what `Asked.load` raises.
    """
    found = rank_files(run) if run.is_dir() else [RankFiles(run.parent, (run.name,))]
    known = {each.rank for each in found}
    for files in [each for each in found if each.rank in (rank, MISSING)]:
        traces = [with_rank(asked.load(path, operators=operators), files.rank) for path in files.paths]
        for trace in each_rank(of_one_process(files.names[0], traces)):
            if rank_of(trace) == rank:
                return trace
            known.add(rank_of(trace))
    raise UsageError(f"{run}: has no rank {rank}; {_choice(sorted(known - {MISSING}))}")


def _choice(ranks: Sequence[int]) -> str:
    if not ranks:
        return "no file of it says its rank"
    if len(ranks) == 1:
        return f"it has rank {ranks[0]}"
    return f"choose one of its {len(ranks)}, {'' if spacing(ranks) == 1 else 'from '}{ranks[0]} to {ranks[-1]}"


def of_one_process(name: str, traces: Sequence[Trace]) -> Trace:
    """The trace of the process of the first of these, with those of them that it went on with later."""
    own = list(traces[:1])
    for trace in traces[1:]:
        own += [trace] if continues(own, trace) else []
    return own[0] if len(own) == 1 else merge(name, own)


def continues(traces: Sequence[Trace], trace: Trace) -> bool:
    """Whether a trace is of the same process as others, recorded at another time."""
    *others, own = (span_ns(each, each.epoch_ns or 0) for each in (*traces, trace))
    apart = all(end <= own[0] or own[1] <= begin for begin, end in others)
    return apart and whose(trace) == whose(traces[0])
