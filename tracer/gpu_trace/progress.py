"""What takes longer than two seconds shows on the terminal how far it is; the line goes away when it is done."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from gpu_trace_analyzers.in_thread import in_thread

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from rich.progress import Progress, TaskID

    from gpu_trace_analyzers.readers.base.position import Position

PATIENCE_S = 2.0
_EACH_S = 0.1
_BAR_WIDTH = 10
_NAME_WIDTH = 20
"""Of a longer file name both ends are shown, so that the line fits a terminal of 80 columns."""


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Show on stderr, if that is a terminal, what is being read and how much of it, else what is being done."""
    if not _is_watched():
        yield
        return
    with in_thread(partial(_show, doing), "gpu-trace progress"):
        yield


class Count:
    """How many of several are done."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0

    def one_more(self) -> None:
        """One of them is."""
        self.done += 1


@contextmanager
def counted(doing: str, total: int) -> Iterator[Count]:
    """Show in the same way how many of ``total`` are done; the block counts them."""
    count = Count(total)
    if not _is_watched():
        yield count
        return
    with in_thread(partial(_show, doing, count=count), "gpu-trace progress"):
        yield count


def _is_watched() -> bool:
    """Whether stderr is a terminal that can take a line back. Those of CI jobs are logs."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


def _show(doing: str, done: threading.Event, count: Count | None = None) -> None:
    began_s = time.monotonic()
    if done.wait(PATIENCE_S):
        return
    # Imported where it is needed: rich alone takes longer to import than a small trace to read.
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    text, bar_column = TextColumn("{task.description}", markup=False), BarColumn(_BAR_WIDTH)
    columns = text, bar_column, TaskProgressColumn(), TimeElapsedColumn()
    bar = Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, get_time=time.monotonic
    )
    reading = bar.add_task("", visible=False)
    other = bar.add_task(doing, total=count.total if count else None, visible=False)
    for task in bar.tasks:
        task.start_time = began_s
    _update(bar, reading, other, count)
    with bar:
        while not done.wait(_EACH_S):
            _update(bar, reading, other, count)


def _update(bar: Progress, reading: TaskID, other: TaskID, count: Count | None) -> None:
    """Show the file that is being read, if one is, in place of what is done besides; of many files their count."""
    from gpu_trace_analyzers.readers.base import position

    if count:
        bar.update(other, completed=count.done, visible=True)
        return
    if at := position.current():
        bar.update(reading, description=_reading(at), completed=at.read, total=at.size, visible=True)
    else:
        bar.update(reading, visible=False)
    bar.update(other, visible=at is None)


def _reading(at: Position) -> str:
    """``reading trace.json.gz, 120.0 MB of 258.0 MB``."""
    from gpu_trace_analyzers.reports.fitting import shortened
    from gpu_trace_analyzers.reports.plain import plain
    from gpu_trace_analyzers.units import size

    return plain(f"reading {shortened(at.path.name, _NAME_WIDTH)}, {size(at.read)} of {size(at.size)}")
