"""``gpu-trace check``: exit code 1 when a figure falls short, 4 when the trace cannot say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gpu_trace_analyzers.errors import GpuTraceError, TraceInconclusive
from gpu_trace_analyzers.limits import Limits, LossLimit, Outcome, UpperLimit
from gpu_trace_analyzers.limits import check as check_limits

from ..filenames import FileName, TraceName
from ..progress import progress
from ..quantities import AtMost, AtMostLost, Ratio
from ..terminal import display
from ..writing import refuse_to_overwrite, write_text
from .analysis_options import analysis_options

if TYPE_CHECKING:
    from gpu_trace_analyzers.asked import Asked
    from gpu_trace_analyzers.limits import Checked
    from gpu_trace_analyzers.places import Place

FAILED = 1


@click.command()
@click.argument("traces", metavar="TRACE...", nargs=-1, required=True, type=TraceName())
@click.option("--min-overlap", metavar="RATIO", type=Ratio(), help="Require this overlap ratio, such as 0.95 or 95%.")
@click.option(
    "--max-exposed-copy",
    metavar="LIMIT",
    type=AtMost(),
    help="Allow this exposed copy time, or this share of copy time (5ms, 10%).",
)
@click.option(
    "--max-idle", metavar="LIMIT", type=AtMost(), help="Allow this idle time, or this share of the span (5ms, 10%)."
)
@click.option(
    "--max-exposed-collective",
    metavar="LIMIT",
    type=AtMost(),
    help="Allow this exposed time of collectives, or this share of their time (5ms, 10%).",
)
@click.option(
    "--max-loss",
    "max_losses",
    metavar="NAME=LIMIT",
    type=AtMostLost(),
    multiple=True,
    help="Allow this loss in the account, by owner or cause (idle=5%, waiting_for_data=20ms). Repeatable.",
)
@click.option("--range", "range_name", metavar="NAME", help="Check ranges of this name instead of whole devices.")
@click.option("--junit", metavar="FILE", type=FileName(), help="Also write the results as JUnit XML.")
@analysis_options()
def check(
    traces: tuple[Place, ...],
    min_overlap: float | None,
    max_exposed_copy: UpperLimit | None,
    max_idle: UpperLimit | None,
    max_exposed_collective: UpperLimit | None,
    max_losses: tuple[LossLimit, ...],
    range_name: str | None,
    junit: str | None,
    asked: Asked,
) -> None:
    """Check traces against limits. Every device with activity must meet them.

    The figures equal those of summary with the same --copies, --rules, --from, --to and --step-range.

    --max-loss applies to the window of the account, by default the steady steps. Other limits apply to the whole span.

    The command exits with 1 if a limit is broken, else with 4 if a trace lacks data for a limit, else with 0.

    \b
      gpu-trace check trace.json.gz --min-overlap 0.9
      gpu-trace check gpu-trace-runs/train-1 --max-exposed-copy 5% --max-idle 2ms --junit overlap.xml
      gpu-trace check trace.json.gz --range backward --min-overlap 0.5
      gpu-trace check trace.json.gz --max-loss idle=5% --max-loss waiting_for_data=20ms
    """  # noqa: D301  # \b is click's
    from gpu_trace_analyzers.reports.checks import to_junit, to_lines

    if junit:
        refuse_to_overwrite(Path(junit), traces)
    limits = Limits(
        min_overlap=min_overlap,
        max_exposed_copy=max_exposed_copy,
        max_idle=max_idle,
        range_name=range_name,
        max_exposed_collective=max_exposed_collective,
        max_losses=max_losses,
    )
    apart = () if range_name is None else (range_name,)
    with progress("computing"):
        found = {str(path): check_limits(asked.analyze(asked.load(path), apart).summary, limits) for path in traces}
    for path, results in found.items():
        for line in to_lines(path, results):
            display(line)
    if junit:
        write_text(Path(junit), to_junit(found))
    sys.exit(_exit_code([row for results in found.values() for row in results]))


def _exit_code(results: list[Checked]) -> int:
    outcomes = {row.outcome for row in results}
    if Outcome.FAILED in outcomes:
        return FAILED
    inconclusive: type[GpuTraceError] = TraceInconclusive
    return inconclusive.exit_code if Outcome.INCONCLUSIVE in outcomes else 0
