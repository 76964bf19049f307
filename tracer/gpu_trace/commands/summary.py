"""``gpu-trace summary``: the overlap summary of a trace that exists."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpu_trace_analyzers.errors import SeveralRuns, TraceInconclusive, TraceUnreadable
from gpu_trace_analyzers.questions.work.work import TOP
from gpu_trace_analyzers.readers import runs
from gpu_trace_analyzers.readers.base.source_names import in_text

from ..filenames import FileName, TraceName
from ..progress import progress
from ..terminal import display, in_color, width
from ..writing import make_folder, refuse_to_overwrite, write_text
from .analysis_options import analysis_options

if TYPE_CHECKING:
    from collections.abc import Collection

    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.model import Engine
    from gpu_trace_analyzers.places import Place
    from gpu_trace_analyzers.readers.folders.runs import Run
    from gpu_trace_analyzers.summary import Summary

_MORE = "--verbose shows engines, evidence and ranges too"


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
@analysis_options()
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
    top: int | None,
    all_domains: bool,
    verbose: bool,
    asked: Asked,
) -> None:
    """Print the overlap summary of traces or run folders.

    The terminal gets the verdict, the account of the time, and the fixes of the losses that decide. --verbose adds
    engines, evidence, ranges and steps, which all other forms have. Runs of a folder are listed with their verdicts.

    The command exits with 4 if a trace has no device activity.

    \b
      gpu-trace summary trace.json.gz
      gpu-trace summary --json gpu-trace-runs/train-1 | jq '.devices[0].overlap_ratio'
      gpu-trace summary --from 1s --to 1500ms trace.json.gz
      gpu-trace summary --html report.html trace.json.gz
      gpu-trace summary --top 20 trace.json.gz
    """  # noqa: D301  # \b is click's
    if len(traces) > 1 and (csv_folder or html):
        raise click.UsageError("--csv and --html take one trace; give only one")
    if html:
        refuse_to_overwrite(Path(html), traces)
    is_brief = not (form or verbose or all_domains)
    of_one = bool(csv_folder or html or top) or asked.of_one_run
    exit_code, has_more = 0, False
    for number, path in enumerate(traces):
        with progress("grouping the runs"):
            found = runs(path, rules=asked.rules, operators=bool(top)) if path.is_dir() else []
        if len(found) > 1 and of_one:
            raise SeveralRuns(path, [str(run.paths[0]) for run in found])
        if len(found) > 1:
            click.echo("\n" if number and form != "json" else "", nl=False)
            exit_code = max(exit_code, _list_runs(path, found, asked.copies, form))
            continue
        with progress("computing"):
            trace = found[0].load(path) if found else asked.load(path, operators=bool(top))
            analysis = asked.analyze(trace)
            shown = replace(_priced(analysis.summary, path), with_libraries=all_domains)
            written = top or csv_folder or html or form == "json"
            full = replace(shown, work=analysis.work.of_top(top or TOP)) if written else shown
        if csv_folder:
            _write_csv(full, Path(csv_folder))
        if html:
            _write_html(analysis, full, Path(html))
        if form or not (csv_folder or html):
            heading = f"{in_text(path)}:\n" if is_brief and len(traces) > 1 else ""  # its own line comes last
            before = "\n" if number and form != "json" else ""
            _print(before + heading, full if top or form == "json" else shown, form, is_brief)
            has_more = has_more or (is_brief and bool(shown.devices))
        exit_code = exit_code if shown.devices else TraceInconclusive.exit_code
    if has_more:
        display(click.style(_MORE, dim=True) if in_color() else _MORE)
    sys.exit(exit_code)


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
