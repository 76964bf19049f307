"""How long does a run take once its script has ended, until its summary is printed, and until all files are written?

The raw recording is drawn (`drawn_recording.py`). What follows is what `gpu-trace run` does, in a process of its own.
Prints for each number of events the wall-clock and the processor seconds of both moments, counted from the script's end
as `gpu-trace run` sees it: a script of some seconds has ended, so what is needed was imported while it ran. Also the
memory of all its processes at most (pages that they share are counted once), and the sizes of the files. ``--profile``
prints a table of the parts instead.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from gpu_trace.recording.folder import RunFolder
    from gpu_trace_analyzers.summary import Summary
    from gpu_trace_analyzers.whatif.document import Entry

EVENTS = (162_000, 1_000_000)
_LOOK_EVERY_S = 0.1


def processors() -> float:
    """Processor seconds of this process, and of those that it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


class Clock:
    """Seconds since it was made: of the wall, and of the processors for this process and those that it waited for."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), processors()

    def read(self) -> str:
        return f"{time.perf_counter() - self._wall:6.2f} s ({processors() - self._cpu:5.2f} s of processors)"


class Terminal:
    """Notes when the summary was printed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.verdict = ""

    def saving(self) -> None:
        pass

    def working(self, doing: str) -> AbstractContextManager[None]:  # noqa: ARG002  # it is not shown
        return nullcontext()

    def show(self, summary: Summary, predicted: Entry | None = None) -> None:  # noqa: ARG002  # there is none
        from gpu_trace_analyzers.reports.text import to_text

        to_text(summary, width=100, color=False)
        self.verdict = self._clock.read()


class Memory:
    """The memory of this process and its children at most, in MB: shared pages once."""

    def __init__(self) -> None:
        self.most_mb = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look again and again in a process of its own, which the work does not slow down."""
        watching = subprocess.Popen([sys.executable, __file__, "--watch", str(os.getpid())], stdout=-1, text=True)
        try:
            yield
        finally:
            watching.terminate()
            printed, _ = watching.communicate()
            self.most_mb = float(printed or 0)


def watch(pid: int) -> None:
    """Print the most memory that a process and its children have had by the time that this is ended."""
    import signal

    most = 0
    with suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        while True:
            most = max(most, sum(map(_kilobytes, [pid, *_children(pid)])))
            time.sleep(_LOOK_EVERY_S)
    print(most / 1024)


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in found if int(child) != os.getpid()]
    return []


def _kilobytes(pid: int) -> int:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return 0


def measure(folder: RunFolder, pid: int) -> None:
    """Complete a folder as after a script that has just ended, and print what that took."""
    from gpu_trace.recording import beforehand, launch, record
    from gpu_trace.recording.request import Extent

    beforehand._one_was_idle = lambda *_: True
    for _ in beforehand.imports():
        pass

    request = SimpleNamespace(
        target=SimpleNamespace(command=["train.py"]), level="gpu", extent=Extent(), only_ranks=False
    )
    launch.run = lambda *_: (0, pid)  # the script is not run
    memory = Memory()
    with memory.watched():
        clock = Clock()
        terminal = Terminal(clock)
        recording = record.record(request, folder, terminal)  # type: ignore[arg-type]
        written = clock.read()
    sizes = {path.name: path.stat().st_size / 1e6 for path in sorted(folder.path.iterdir())}
    assert (recording.lost, recording.unwritten) == ([], {})
    print(f"  summary printed after {terminal.verdict}")
    print(f"  all written after     {written}")
    print(f"  {memory.most_mb:.0f} MB at most; {', '.join(f'{name} {size:.1f} MB' for name, size in sizes.items())}")


def profile(folder: RunFolder, pid: int) -> None:
    """Do the same one after the other in one process, and print the processor seconds of each part."""
    began = processors()

    def part(name: str) -> None:
        nonlocal began
        print(f"  {name:<46}{processors() - began:7.2f} s")
        began = processors()

    from gpu_trace.recording import assemble, freed, summary_files
    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.engines import default_rules
    from gpu_trace_analyzers.reports.text import to_text

    part("imports")
    freed.keep_freed()
    left = assemble.left_by(folder.raw, pid)
    part("records and ranges are read")
    [trace] = assemble.traces(folder, left)
    part("rows get their places")
    in_memory = trace.in_memory(default_rules())
    part("columns: the trace in memory")
    analysis = Analysis(in_memory)
    to_text(analysis.summary, width=100, color=False)
    part("the summary, as text")
    trace.write()
    part("trace.json.gz")
    summary_files.write(analysis, folder.path)
    part("summary.json, .md, report.html, trace.pftrace")


def main() -> None:
    """Draw each recording, and measure it in a process of its own."""
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=int, nargs="*", default=EVENTS)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--watch", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.watch:
        watch(given.watch)
        return
    if given.folder:
        from gpu_trace.recording.folder import RunFolder

        (profile if given.profile else measure)(RunFolder(given.folder), *given.events)
        return
    for events in given.events:
        with tempfile.TemporaryDirectory(prefix="bench-afterwards-") as folder:
            raw = Path(folder) / ".raw"
            raw.mkdir()
            print(f"{events:,} events", flush=True)
            draw = [sys.executable, Path(__file__).with_name("drawn_recording.py"), raw, str(events)]
            pid = subprocess.run(draw, check=True, capture_output=True, text=True).stdout.strip()
            again = [sys.executable, __file__, "--in", folder, pid]
            subprocess.run([*again, *["--profile"] * given.profile], check=True)


if __name__ == "__main__":
    main()
