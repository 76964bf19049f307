"""What takes longer than two seconds shows on the terminal how far it is; the line goes away when it is done."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 2.0
_EACH_S = 0.1


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Show on stderr, if that is a terminal, what is being read and how much of it, else what is being done."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    line = threading.Thread(target=_show, args=(doing, done), daemon=True)
    line.start()
    try:
        yield
    finally:
        done.set()
        line.join()


def _show(doing: str, done: threading.Event) -> None:
    if done.wait(PATIENCE_S):
        return
    # Imported where it is needed: rich alone takes longer to import than a small trace to read.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    from gpu_trace_analyzers.readers.base import position
    from gpu_trace_analyzers.reports.plain import plain

    columns = TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        reading, other = bar.add_task("", visible=False), bar.add_task(doing, total=None)
        while not done.wait(_EACH_S):
            if at := position.current():
                name = plain(f"reading {at.path.name}")
                bar.update(reading, description=name, completed=at.read, total=at.size, visible=True)
            else:
                bar.update(reading, visible=False)
            bar.update(other, visible=at is None)
