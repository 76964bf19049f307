"""``gpu-trace export``: a trace as a file for the Perfetto UI."""

from __future__ import annotations

from pathlib import Path

import click

_FORMS = (".pftrace", ".pftrace.gz")


@click.command()
@click.argument("trace", metavar="TRACE|RUN")
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="OUT",
    help=f"The file to write; its name says what: {', '.join(_FORMS)}.",
)
def export(trace: str, out: Path) -> None:
    """Write a trace with engine lanes, ranges, counters and findings as tracks.

    \b
      gpu-trace export trace.json.gz -o trace.pftrace     native Perfetto protobuf
    """  # noqa: D301  # \b is click's
    if not out.name.endswith(_FORMS):
        raise click.BadParameter(f"{out.name}: the name must end in {', '.join(_FORMS)}", param_hint="-o")
    from gpu_trace_analyzers.errors import UsageError
    from gpu_trace_analyzers.readers import load

    from ..exporting.perfetto import export_perfetto

    recorded = load(trace, operators=True)
    try:
        export_perfetto(recorded, out)
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror}); choose another file with -o") from error
    click.echo(f"gpu-trace: wrote {out}", err=True)
