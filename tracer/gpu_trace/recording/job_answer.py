"""The answer of a run of many ranks, of the traces in memory: what ``gpu-trace summary`` makes of the run's folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.model import MISSING

if TYPE_CHECKING:
    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.job.answer import JobAnswer

    from .folder import RunFolder


def job_answer(analysis: Analysis, folder: RunFolder) -> JobAnswer | None:
    """None for a run of so few ranks that its summary has each of them."""
    from gpu_trace_analyzers.job.reading.sources import MOST_AS_ONE_TRACE, RankFiles

    ranks = {process.rank for process in analysis.trace.processes} - {MISSING}
    if len(ranks) <= MOST_AS_ONE_TRACE:
        return None
    # Imported where it is needed: few runs are of that many ranks.
    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.job.answered import answered
    from gpu_trace_analyzers.job.kept.bounds import Bounds
    from gpu_trace_analyzers.job.kept.merged import merged
    from gpu_trace_analyzers.job.kept.one_rank import rank_of
    from gpu_trace_analyzers.job.reading.each_rank import each_rank
    from gpu_trace_analyzers.job.reading.from_files import part_of_trace

    asked, bounds = Asked(), Bounds.of(len(ranks))
    parts = []
    for trace in each_rank(analysis.trace):
        files = RankFiles(folder.path, (f"trace-rank-{rank_of(trace)}.json.gz",), rank_of(trace))
        parts.append(part_of_trace(files, trace, asked, bounds))
    return answered(merged(parts), folder.shown)
