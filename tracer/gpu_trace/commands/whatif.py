"""``gpu-trace whatif``: how long the work of a run takes if only its true dependencies hold it back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpu_trace_analyzers.errors import TraceInconclusive, UsageError
from gpu_trace_analyzers.readers.base.source_names import in_text

from ..filenames import FileName, TraceName
from ..progress import progress
from ..quantities import Duration
from ..terminal import display, in_color, width
from ..writing import refuse_to_overwrite, write_text
from .analysis_options import analysis_options

if TYPE_CHECKING:
    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.places import Place
    from gpu_trace_analyzers.whatif.answer import WhatIf
    from gpu_trace_analyzers.whatif.document import Entry, Verified

_NATIVE = (".pftrace", ".pftrace.gz")


class Clock(Duration):
    """How long a run took: more than nothing."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """In nanoseconds."""
        return super().convert(value, param, ctx) or self.fail(f"{value!r} cannot be the time of a run", param, ctx)


class TraceOrTime(TraceName):
    """A trace or a run folder; what is neither and reads as a time is the time of a clock, in ns."""

    def convert(  # type: ignore[override]  # TraceName's is a place alone
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Place | int:
        """Where it lies, or integer nanoseconds."""
        found = super().convert(value, param, ctx)
        is_time = value[:1].isdigit() and not found.exists()
        return Clock().convert(value, param, ctx) if is_time else found


@click.command()
@click.argument("before", metavar="BEFORE", type=TraceName())
@click.option(
    "--execution-trace",
    metavar="FILE",
    type=TraceName(),
    help="Take the dependencies from this execution trace. [default: the one beside BEFORE]",
)
@click.option("--range", "range_name", metavar="NAME", help="Predict this range. [default: the steady steps]")
@click.option(
    "--unrecorded", "unrecorded_ns", metavar="TIME", type=Clock(), help="The time that a clock measured unrecorded."
)
@click.option(
    "--verify",
    "after",
    metavar="AFTER",
    type=TraceOrTime(),
    help="Compare the stored prediction with a run after the change: a trace, or the time of a clock.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--html", metavar="FILE", type=FileName(), help="Write the page of the run with the predicted schedule.")
@click.option(
    "--trace", "pftrace", metavar="FILE", type=FileName(), help="Write a Perfetto trace with the predicted schedule."
)
@analysis_options("rules")
def whatif(
    before: Place,
    execution_trace: Place | None,
    range_name: str | None,
    unrecorded_ns: int | None,
    after: Place | int | None,
    as_json: bool,
    html: str | None,
    pftrace: str | None,
    asked: Asked,
) -> None:
    """Predict how long a run takes if only its true dependencies hold it back, and what to change.

    Record the run with gpu-trace run --dependencies. The prediction is stored beside it, in whatif.json.

    The command exits with 4 if it gives no prediction.

    \b
      gpu-trace whatif gpu-trace-runs/train-1
      gpu-trace whatif gpu-trace-runs/train-1 --range epoch --unrecorded 384.5ms
      gpu-trace whatif gpu-trace-runs/train-1 --verify gpu-trace-runs/train-2
      gpu-trace whatif trace.json.gz --execution-trace execution.json.gz --html report.html
    """  # noqa: D301  # \b is click's
    if after is not None:
        _only_reads(execution_trace, unrecorded_ns, html, pftrace)
        _tell(before, _verified(before, range_name or None, after, asked), as_json)
        return
    from msgspec.structs import replace

    from gpu_trace_analyzers.whatif.beside import what_if_of
    from gpu_trace_analyzers.whatif.entry import entry_of

    _check_outputs(before, execution_trace, html, pftrace)
    with progress("computing"):
        trace = asked.load(before, operators=True)
        found = what_if_of(
            trace,
            before,
            execution_trace=execution_trace,
            range_name=range_name or None,
            unrecorded_ns=unrecorded_ns,
        )
        entry = replace(entry_of(found, trace), execution_trace=_named(execution_trace))
    _tell(before, entry, as_json)
    _draw(asked.analyze(trace), found, entry, html, pftrace)
    sys.exit(0 if entry.status == "answered" else TraceInconclusive.exit_code)


def _named(execution_trace: Place | None) -> str:
    """How to find it again from any folder; empty for the one beside the trace."""
    here = execution_trace.absolute() if isinstance(execution_trace, Path) else execution_trace
    return in_text(here) if here else ""


def _only_reads(*others: object) -> None:
    """Raise `UsageError` for options of a prediction, where a stored one is verified."""
    if any(each is not None for each in others):
        raise click.UsageError(
            "--verify reads a stored prediction; give --execution-trace, --unrecorded, --html and --trace without it"
        )


def _check_outputs(before: Place, execution_trace: Place | None, html: str | None, pftrace: str | None) -> None:
    """Raise where a file to write is an input, has a name of another format, or is not one that is added to."""
    from gpu_trace_analyzers.whatif.beside import execution_trace_beside
    from gpu_trace_analyzers.whatif.stored import place_of, stored

    stored(before)
    read = [before, *filter(None, (execution_trace or execution_trace_beside(before),))]
    for out in filter(None, (html, pftrace)):
        refuse_to_overwrite(Path(out), read)
        place = place_of(before)
        if isinstance(place, Path) and Path(out).resolve() == place.resolve():
            raise UsageError(f"{out}: is where the prediction is stored; choose another file")
    if html and pftrace and Path(html).resolve() == Path(pftrace).resolve():
        raise UsageError(f"{html}: is named for --html and for --trace; choose another file for one of them")
    if pftrace and not pftrace.endswith(_NATIVE):
        raise click.BadParameter(f"{pftrace}: the name must end in {', '.join(_NATIVE)}", param_hint="--trace")


def _verified(before: Place, range_name: str | None, after: Place | int, asked: Asked) -> Entry:
    """The stored entry of a range with what came true of it. Raises where nothing was predicted, or of another run."""
    from msgspec.structs import replace

    from gpu_trace_analyzers.whatif.stored import place_of, stored

    entry, place = stored(before).of(range_name), place_of(before)
    if entry is None:
        wanted = f"--range {range_name}" if range_name else "the steady steps"
        asks = f"gpu-trace whatif {before}{f' --range {range_name}' if range_name else ''}"
        raise UsageError(f"{place}: has no prediction for {wanted}; run {asks} first, without --verify")
    if entry.expected is None or entry.status == "abstained":
        raise TraceInconclusive(f"{place}: has no prediction to verify, because {entry.reason}")
    with progress("computing"):
        return replace(entry, verified=_measured(entry, before, after, asked))


def _measured(entry: Entry, before: Place, after: Place | int, asked: Asked) -> Verified:
    from gpu_trace_analyzers.whatif.verify import by_clock, by_trace, check_is_of

    check_is_of(entry, asked.load(before, operators=True))
    if isinstance(after, int):
        return by_clock(entry, after)
    return by_trace(entry, asked.load(after))


def _tell(before: Place, entry: Entry, as_json: bool) -> None:
    """Print the entry, and keep it beside the trace."""
    _print(before, entry, as_json)
    _store(before, entry)


def _print(before: Place, entry: Entry, as_json: bool) -> None:
    if as_json:
        from gpu_trace_analyzers.whatif.document import one

        click.echo(one(in_text(before), entry), nl=False)
        return
    from gpu_trace_analyzers.reports.what_if import to_text

    display(to_text(in_text(before), entry, width=width(), color=in_color()), nl=False)


def _store(before: Place, entry: Entry) -> None:
    """Put the entry beside the trace, in place of an earlier one of its window."""
    from gpu_trace_analyzers.whatif.document import encoded
    from gpu_trace_analyzers.whatif.stored import place_of, stored

    place = place_of(before)
    if not isinstance(place, Path):
        display(f"gpu-trace: {place}: not written; predictions are stored beside a run on this machine only", err=True)
        return
    write_text(place, encoded(stored(before).having(entry)))
    display(f"gpu-trace: wrote {place}", err=True)


def _draw(analysis: Analysis, found: WhatIf, entry: Entry, html: str | None, pftrace: str | None) -> None:
    """The schedule as a page and as a Perfetto trace, where they are asked for."""
    if html:
        from gpu_trace_analyzers.prices import priced
        from gpu_trace_analyzers.reports.html import to_html

        with progress(f"writing {Path(html).name}"):
            write_text(Path(html), to_html(analysis, priced(analysis.summary, [entry]), found))
        display(f"gpu-trace: wrote {html}", err=True)
    if pftrace:
        from ..exporting.perfetto import export_perfetto

        with progress(f"writing {Path(pftrace).name}"):
            export_perfetto(analysis, pftrace, what_if=found)
        display(f"gpu-trace: wrote {pftrace}", err=True)
