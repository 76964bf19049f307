"""``gpu-trace export``: a trace as a file for the Perfetto UI or chrome://tracing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..filenames import FileName, TraceName
from ..progress import progress
from ..terminal import display
from .analysis_options import analysis_options

if TYPE_CHECKING:
    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.places import Place

_FORMS = (".pftrace", ".pftrace.gz", ".json", ".json.gz")


@click.command()
@click.argument("trace", metavar="TRACE|RUN", type=TraceName())
@click.option(
    "-o",
    "out",
    type=FileName(path_type=Path),
    required=True,
    metavar="OUT",
    help="Write this file: .pftrace or .pftrace.gz in Perfetto's format, .json or .json.gz in Chrome's.",
)
@analysis_options("copies", "rules")
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def export(trace: Place, out: Path, quiet: bool, asked: Asked) -> None:
    """Write a trace with tracks for engines, ranges, counters and findings.

    \b
      gpu-trace export trace.json.gz -o trace.pftrace      Perfetto's format, the most complete
      gpu-trace export report.sqlite -o trace.json.gz      Chrome JSON, for other viewers
    """  # noqa: D301  # \b is click's
    if not out.name.endswith(_FORMS):
        raise click.BadParameter(f"{out.name}: the name must end in {', '.join(_FORMS)}", param_hint="-o")
    from gpu_trace_analyzers.errors import UsageError
    from gpu_trace_analyzers.units import size

    from ..writing import refuse_to_overwrite

    refuse_to_overwrite(out, [trace])
    _keep_out_of(trace, out)
    with progress(f"writing {out.name}"):
        analysis = asked.analyze(asked.load(trace, operators=True))
        try:
            _write(analysis, trace, out)
        except OSError as error:
            raise UsageError(f"{out}: cannot be written ({error.strerror}); choose another file with -o") from error
    if not quiet:
        display(f"gpu-trace: wrote {out} ({size(out.stat().st_size)})", err=True)


def _write(analysis: Analysis, source: Place, out: Path) -> None:
    """In the format that the name asks for; Perfetto's has the prediction, too, that is stored beside the source."""
    from gpu_trace_analyzers.whatif.beside import asked_before

    from ..exporting.formats import WRITERS, writer_for
    from ..exporting.perfetto import export_perfetto

    write = writer_for(out.name)
    assert write is not None, f"{_FORMS} differ from {WRITERS.keys()}"
    if write is export_perfetto:
        write(analysis, out, what_if=asked_before(analysis.trace, source))
    else:
        write(analysis, out)


def _keep_out_of(folder: Place, out: Path) -> None:
    """Raise `UsageError` where the next command would read the export as one more trace of the folder."""
    from gpu_trace_analyzers.errors import UsageError
    from gpu_trace_analyzers.readers.folders.files import counts_in

    is_inside = isinstance(folder, Path) and folder.is_dir() and out.resolve().is_relative_to(folder.resolve())
    if is_inside and counts_in(folder, out.name):
        raise UsageError(f"{out}: would be read as another trace of {folder}; choose a file outside it with -o")
