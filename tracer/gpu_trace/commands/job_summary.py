"""What ``gpu-trace summary`` prints and writes of a job of many ranks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.readers.base.source_names import in_text

from ..progress import counted, progress
from ..terminal import display, in_color, width
from ..writing import write_text
from .columns_option import job_with_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.job.answer import JobAnswer
    from gpu_trace_analyzers.job.reading.sources import RankFiles
    from gpu_trace_analyzers.places import Place


class RankReaders(NamedTuple):
    """What reads the ranks of a job: so many processes, or a Dask cluster."""

    workers: int | None
    dask: str | None

    def refuse(self) -> None:
        """Raise `UsageError` for a number of processes that a cluster has itself."""
        if self.workers and self.dask not in (None, "local"):
            raise UsageError("--workers is of processes on this machine; leave it out with the --dask of a cluster")

    def of(self, ranks: int) -> RankReaders:
        """At most one for each rank. A number that a user gave is not lowered without a word."""
        if self.workers is None or self.workers <= ranks:
            return self
        display(
            f"gpu-trace: {ranks} processes read {ranks} ranks, one each; --workers {self.workers} adds none", err=True
        )
        return self._replace(workers=ranks)


def job_answer(
    path: Place, files: Sequence[RankFiles], asked: Asked, readers: RankReaders, columns: Path | None
) -> JobAnswer:
    """Read all ranks and answer; their columns go into a folder. Raises what `read_job` and `columns_into` raise."""
    # Imported where it is needed: processes and clusters take long to import, and few summaries are of jobs.
    from gpu_trace_analyzers.job.answered import answered
    from gpu_trace_analyzers.job.reading.read_job import read_job

    with counted(f"reading {len(files)} ranks", len(files)) as count:
        read = partial(read_job, path, files, asked, *readers.of(len(files)), count.one_more)
        part = job_with_columns(read, files, columns) if columns else read()
    with progress("computing"):
        return answered(part, in_text(path))


def print_job(before: str, answer: JobAnswer, form: str | None, is_brief: bool) -> None:
    """Print it in a form of ``gpu-trace summary``."""
    with progress("computing"):
        text = _render(answer, form, is_brief)
    (click.echo if form == "json" else display)(before + text, nl=False)


def write_job_html(answer: JobAnswer, out: Path) -> None:
    """Write its page."""
    from gpu_trace_analyzers.reports.job.html import to_html

    with progress(f"writing {out.name}"):
        write_text(out, to_html(answer))
    display(f"wrote {out}", err=True)


def _render(answer: JobAnswer, form: str | None, is_brief: bool) -> str:
    if form == "json":
        from gpu_trace_analyzers.reports.job.document import to_json

        return to_json(answer)
    if form == "markdown":
        from gpu_trace_analyzers.reports.job.markdown import to_markdown

        return to_markdown(answer)
    from gpu_trace_analyzers.reports.job.text import to_text

    return to_text(answer, width=width(), color=in_color(), brief=is_brief)
