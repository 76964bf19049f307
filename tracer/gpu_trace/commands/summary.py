"""``gpu-trace summary``: the overlap summary of a trace that exists."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from gpu_trace_analyzers.errors import SeveralRuns, TraceInconclusive, TraceUnreadable, UsageError
from gpu_trace_analyzers.job.reading.sources import job_in
from gpu_trace_analyzers.questions.work.work import TOP
from gpu_trace_analyzers.readers import runs
from gpu_trace_analyzers.readers.base.cores import cores
from gpu_trace_analyzers.readers.base.source_names import in_text, named_in_text

from ..filenames import FileName, TraceName, not_empty
from ..progress import progress
from ..terminal import display, in_color, width
from ..writing import make_folder, refuse_to_overwrite, write_text
from .analysis_options import analysis_options
from .columns_option import load_with_columns, refuse_columns_folder
from .job_summary import RankReaders, job_answer, print_job, write_job_html

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.job.reading.sources import RankFiles
    from gpu_trace_analyzers.model import Engine, Trace
    from gpu_trace_analyzers.places import Place
    from gpu_trace_analyzers.readers.folders.runs import Run
    from gpu_trace_analyzers.summary import Summary

_MORE = "--verbose shows engines, evidence and ranges too"
_MORE_OF_RANK = "--verbose shows more; only the job's summary tells waiting from transfer"
_MORE_OF_JOB = "--verbose shows hosts, process groups, stages and clocks too"


@click.command()
@click.argument("traces", metavar="TRACE...", nargs=-1, required=True, type=TraceName())
@click.option("--json", "form", flag_value="json", help="Print the stable JSON document.")
@click.option("--markdown", "form", flag_value="markdown", help="Print Markdown.")
@click.option(
    "--csv", "csv_folder", metavar="FOLDER", type=FileName(), help="Write one tidy CSV file per table into this folder."
)
@click.option(
    "--html", metavar="FILE", type=FileName(), help="Write an HTML page with a timeline that needs no network."
)
@click.option(
    "--columns",
    metavar="FOLDER",
    type=FileName(),
    help="Also write every row as Parquet into this folder, which every command reads as a run.",
)
@analysis_options()
@click.option("--rank", metavar="N", type=click.IntRange(min=0), help="Show this rank of a job alone.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    help="Read the ranks of a job in this many processes, at most one per rank. [default: as many as there are cores]",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    callback=not_empty,
    help="Read the ranks of a job on this Dask cluster; local starts one on this machine.",
)
@click.option(
    "--top",
    metavar="N",
    type=click.IntRange(min=1),
    help="Show the N operations, operators and ranges with the most time; steps, launches and copies too. [default: "
    "none in the terminal and in Markdown; 20 elsewhere, without operators]",
)
@click.option(
    "--all-domains", is_flag=True, help="Also show the NVTX ranges of libraries (NCCL, cuDNN, ...). Implies --verbose."
)
@click.option("-v", "--verbose", is_flag=True, help="Show engines, evidence, ranges and steps in the terminal too.")
def summary(
    traces: tuple[Place, ...],
    form: str | None,
    csv_folder: str | None,
    html: str | None,
    columns: str | None,
    rank: int | None,
    workers: int | None,
    dask: str | None,
    top: int | None,
    all_domains: bool,
    verbose: bool,
    asked: Asked,
) -> None:
    """Print the overlap summary of traces or run folders.

    The terminal gets the verdict, the account of the time, and the fixes of the losses that decide. --verbose adds
    engines, evidence, ranges and steps, which all other forms have. Runs of a folder are listed with their verdicts.

    Of a job of more than 8 ranks, each rank is read alone, by all cores, and the summary is that of the job.

    The command exits with 4 if a trace has no device activity.

    \b
      gpu-trace summary trace.json.gz
      gpu-trace summary --json gpu-trace-runs/train-1 | jq '.devices[0].overlap_ratio'
      gpu-trace summary --from 1s --to 1500ms trace.json.gz
      gpu-trace summary --html report.html trace.json.gz
      gpu-trace summary --top 20 trace.json.gz
      gpu-trace summary --rank 12 gpu-trace-runs/train-1
      gpu-trace summary --columns columns gpu-trace-runs/train-1
    """  # noqa: D301  # \b is click's
    out = _Output(form, csv_folder, html, columns, top, all_domains, verbose)
    out.refuse(traces, rank)
    readers = RankReaders(workers, dask)
    readers.refuse()
    shown = []
    for number, path in enumerate(traces):
        before = "\n" if number and form != "json" else ""
        # The line of a brief summary that names its trace comes last.
        heading = f"{before}{in_text(path)}:\n" if out.is_brief and len(traces) > 1 else before
        if files := _job(path) if rank is None and not csv_folder else []:
            shown.append(_show_job(path, files, heading, out, asked, readers))
        elif dask:
            raise UsageError(f"{in_text(path)}: --dask reads the summary of a job of more than 8 ranks; leave it out")
        elif rank is None:
            shown.append(_show_runs(path, before, heading, out, asked, workers or cores()))
        else:
            shown.append(_show_rank(path, rank, heading, out, asked))
    for more in dict.fromkeys(each.more for each in shown if each.more):
        display(click.style(more, dim=True) if in_color() else more)
    sys.exit(max(each.exit_code for each in shown))


@dataclass(frozen=True, slots=True)
class _Output:
    """Where a summary goes, in which form, and how much of it."""

    form: str | None
    csv_folder: str | None
    html: str | None
    columns: str | None
    top: int | None
    all_domains: bool
    verbose: bool

    def refuse(self, traces: Sequence[Place], rank: int | None) -> None:
        """Raise `UsageError` where it cannot go there."""
        if len(traces) > 1 and (self.csv_folder or self.html or self.columns):
            raise click.UsageError("--csv, --html and --columns take one trace; give only one")
        if self.html:
            refuse_to_overwrite(Path(self.html), traces)
        if self.columns:
            refuse_columns_folder(self.columns, traces[0])
        if self.columns and rank is not None:
            raise UsageError("--columns writes all ranks of a job; leave out --rank")

    @property
    def is_brief(self) -> bool:
        """Whether the terminal gets what decides alone."""
        return not (self.form or self.verbose or self.all_domains)

    @property
    def is_printed(self) -> bool:
        """Whether it is printed; else it is written into files alone."""
        return bool(self.form or not (self.csv_folder or self.html))

    @property
    def has_work(self) -> bool:
        """Whether what is written has the tables of `--top`, asked for or not."""
        return bool(self.top or self.csv_folder or self.html or self.form == "json")

    @property
    def of_one_run(self) -> bool:
        """Whether it can be of one run alone."""
        return bool(self.csv_folder or self.html or self.columns or self.top)


class _Shown(NamedTuple):
    """What came of one argument."""

    exit_code: int = 0
    more: str = ""
    """what --verbose would show of it; empty if all is shown"""


def _job(path: Place) -> list[RankFiles]:
    """The files of each rank, if it is a job of so many that each is read alone."""
    return job_in(path) if path.is_dir() else []


def _show_job(
    path: Place, files: list[RankFiles], heading: str, out: _Output, asked: Asked, readers: RankReaders
) -> _Shown:
    if out.top:
        raise UsageError(f"{in_text(path)}: --top is of the operations of few ranks; add --rank N")
    answer = job_answer(path, files, asked, readers, Path(out.columns) if out.columns else None)
    if out.html:
        write_job_html(answer, Path(out.html))
    if out.is_printed:
        print_job(heading, answer, out.form, out.is_brief)
    return _Shown(more=_MORE_OF_JOB if out.is_brief and out.is_printed else "")


def _show_runs(path: Place, before: str, heading: str, out: _Output, asked: Asked, workers: int) -> _Shown:
    """A trace, or the run of a folder; a line for each where there are several."""
    with progress("grouping the runs"):
        read = partial(runs, path, rules=asked.rules, operators=bool(out.top), workers=workers)
        found = read() if path.is_dir() else []
    if len(found) > 1:
        if out.of_one_run or asked.of_one_run:
            raise SeveralRuns(path, [str(run.paths[0]) for run in found])
        click.echo(before, nl=False)
        return _Shown(_list_runs(path, found, asked.copies, out.form))
    with progress("computing"):
        if out.columns:
            trace = load_with_columns(path, found, Path(out.columns), asked, operators=bool(out.top))
        else:
            trace = found[0].load(path) if found else asked.load(path, operators=bool(out.top))
    return _show_trace(path, trace, heading, out, asked)


def _show_rank(path: Place, rank: int, heading: str, out: _Output, asked: Asked) -> _Shown:
    from gpu_trace_analyzers.job.reading.alone import rank_alone

    with progress("computing"):
        trace = named_in_text(rank_alone(path, rank, asked, operators=bool(out.top)))
    shown = _show_trace(path, trace, heading, out, asked)
    return shown._replace(more=_MORE_OF_RANK) if shown.more else shown


def _show_trace(path: Place, trace: Trace, heading: str, out: _Output, asked: Asked) -> _Shown:
    with progress("computing"):
        analysis = asked.analyze(trace)
        shown = replace(_priced(analysis.summary, path), with_libraries=out.all_domains)
        full = replace(shown, work=analysis.work.of_top(out.top or TOP)) if out.has_work else shown
    if out.csv_folder:
        _write_csv(full, Path(out.csv_folder))
    if out.html:
        _write_html(analysis, full, Path(out.html))
    if out.is_printed:
        _print(heading, full if out.top or out.form == "json" else shown, out.form, out.is_brief)
    exit_code = 0 if shown.devices else TraceInconclusive.exit_code
    return _Shown(exit_code, _MORE if out.is_printed and out.is_brief and shown.devices else "")


def _print(heading: str, shown: Summary, form: str | None, is_brief: bool) -> None:
    with progress("computing"):
        text = _render(shown, form, is_brief)
    (click.echo if form == "json" else display)(heading + text, nl=False)


def _priced(summary: Summary, path: Place) -> Summary:
    """With what ``gpu-trace whatif`` has stored beside the trace. What cannot be read costs the prices alone."""
    from gpu_trace_analyzers.prices import priced
    from gpu_trace_analyzers.whatif.stored import stored

    try:
        return priced(summary, stored(path).entries)
    except TraceUnreadable as error:
        display(f"gpu-trace: {error}", err=True)
        return summary


def _list_runs(folder: Place, found: list[Run], copies: Collection[Engine] | None, form: str | None) -> int:
    """Print a line for each run of a folder, read one after the other; the exit code that they call for."""
    from gpu_trace_analyzers.reports import run_lists
    from gpu_trace_analyzers.run_list import listed

    rows = []
    with progress("computing"):
        while found:
            rows.append(listed(found.pop(0), copies))
    if form == "json":
        click.echo(run_lists.to_json(in_text(folder), rows), nl=False)
    elif form == "markdown":
        display(run_lists.to_markdown(in_text(folder), rows), nl=False)
    else:
        display(run_lists.to_text(in_text(folder), rows, width=width()), nl=False)
    problems = [row.problem.exit_code for row in rows if row.problem]
    silent = [TraceInconclusive.exit_code for row in rows if not row.devices]
    return next(iter(problems + silent), 0)


def _write_csv(shown: Summary, folder: Path) -> None:
    from gpu_trace_analyzers.reports.tidy import to_csv

    make_folder(folder)
    with progress(f"writing {folder.name}"):
        tables = to_csv(shown)
        for name, text in tables.items():
            write_text(folder / name, text)
    display(f"wrote {len(tables)} tables into {folder}", err=True)


def _write_html(analysis: Analysis, shown: Summary, out: Path) -> None:
    from gpu_trace_analyzers.reports.html import to_html

    with progress(f"writing {out.name}"):
        write_text(out, to_html(analysis, shown))
    display(f"wrote {out}", err=True)


def _render(shown: Summary, form: str | None, is_brief: bool) -> str:
    # Each form is imported where it is chosen: rich alone takes longer to import than a small trace to read.
    if form == "json":
        from gpu_trace_analyzers.reports.document import to_json

        return to_json(shown)
    if form == "markdown":
        from gpu_trace_analyzers.reports.markdown import to_markdown

        return to_markdown(shown)
    from gpu_trace_analyzers.reports.text import to_text

    return to_text(shown, width=width(), color=in_color(), brief=is_brief)
