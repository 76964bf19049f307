"""Measures what stays slow after a recording has ended inside a run: launches per second before, during and after.

Each case has processes of its own, which all wait for their turn: slices of small kernels are measured in turns over
all of them, so what changes slowly on the machine changes every case. A figure is the median of the processes, each the
median of its slices; ``x`` is the time of a launch compared with the same process before, less what the same comparison
gives for processes that are never recorded. In the last phase CUPTI has been made to leave (``cuptiFinalize``). Then
trials show whether scripts live on when it does.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from gpu_trace.recording.launch import machine_has_gpu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FOLDER = Path(__file__).parent / "after_recording"
PATIENCE_S = 60.0
DURATION_S = 4.0
SLICE, SLICE_DURING, SLICES_DURING = 5000, 1500, 6
"""launches"""
MOST_TRIAL_S = 45.0
TRIALS = (
    *("again", "threads", "synchronized_threads", "graphs", "profiler", "profiler_threads", "subscribers"),
    *("subscriber_threads", "teardown", "teardown_graphs", "teardown_after_leaving"),
)
"""functions of trials.py"""
WITHOUT_GPU = ("nothing", "steps", "profiler", "prepared")
RECORDED_TRIALS = 4
"""those of `gpu-trace run --duration` with other times each"""
PHASES = ("before", "during", "after", "left")


@dataclass(frozen=True)
class Case:
    """A way of recording part of a run."""

    name: str
    recorder: str = "nothing"
    """as worker.py takes it"""
    options: tuple[str, ...] | None = None
    """of gpu-trace run; None for a process that it does not start"""
    environment: tuple[tuple[str, str], ...] = ()
    is_timed: bool = False
    """whether it records from the first use of the GPU, for `DURATION_S`"""
    leaves: bool = True
    """whether CUPTI is made to leave in the end"""


STEPS, DURATION = ("--steps", "1:2"), ("--duration", str(DURATION_S))
LEAVES = (("LEAVE_CUPTI", "1"),)
NATIVE = Case("never recorded", leaves=False)
CASES = (
    NATIVE,
    Case("gpu-trace --steps", "steps", STEPS),
    Case("  --no-stacks", "steps", (*STEPS, "--no-stacks")),
    Case("  --level ops", "steps", (*STEPS, "--level", "ops")),
    Case("gpu-trace --duration", "nothing", DURATION, is_timed=True),
    Case("gpu-trace, CUPTI leaves", "steps", STEPS, LEAVES, leaves=False),
    Case("  ops, CUPTI leaves", "steps", (*STEPS, "--level", "ops"), LEAVES, leaves=False),
    Case("torch.profiler", "profiler"),
    Case("  TEARDOWN_CUPTI=1", "profiler", environment=(("TEARDOWN_CUPTI", "1"),), leaves=False),
    Case("  without CUDA", "prepared"),
    Case("CUPTI: kernel", "kernel"),
    Case("  + memcpy, memset, sync", "kernel+memcpy+memset+sync"),
    Case("  + runtime", "kernel+memcpy+memset+sync+runtime"),
    Case("  + runtime, driver", "kernel+memcpy+memset+sync+runtime+driver"),
)
NAMES = [case.name.strip() for case in CASES]


@dataclass
class Worker:
    """A process of a case."""

    case: Case
    process: subprocess.Popen[str]
    errors: Path
    slices: dict[str, list[float]] = field(default_factory=dict)
    """by phase and kind: seconds of a launch, or of a range"""
    said: dict[str, Any] = field(default_factory=dict)
    failure: str = ""

    def ask(self, command: str) -> Any:
        """Its answer; None once it has failed."""
        self.tell(command)
        return self.answer(command)

    def tell(self, command: str) -> None:
        """Give it a command, whose answer is to be read."""
        if not self.failure:
            try:
                print(command, file=self.process.stdin, flush=True)
            except OSError:
                self._failed(f"ended before {command!r}")

    def answer(self, to: str) -> Any:
        """The next line that it says; None once it has failed."""
        if self.failure:
            return None
        assert self.process.stdout
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(PATIENCE_S):
                return self._failed(f"no answer to {to!r}")
        line = self.process.stdout.readline()
        if not line:
            return self._failed(f"ended at {to!r}: {self.errors.read_text(errors='replace')[-500:]}")
        answer = json.loads(line)
        if isinstance(answer, dict) and "failed" in answer:
            print(f"{self.case.name}: {to!r}: {answer['failed']}", flush=True)
            return None
        return answer

    def slice(self, phase: str, kind: str, count: int) -> None:
        """Measure a slice; of NVTX ranges where there are some."""
        seconds = self.ask(f"{kind} {count}")
        if isinstance(seconds, float):
            self.slices.setdefault(f"{phase} {kind}", []).append(seconds / count)

    def _failed(self, why: str) -> None:
        self.failure = why
        self.process.kill()
        print(f"{self.case.name}: {why}", flush=True)


def started(case: Case, folder: Path, number: int) -> Worker:
    """A process that has begun to import torch."""
    command = [sys.executable]
    if case.options is not None:
        run = folder / f"run-{number}"
        command += ["-m", "gpu_trace", "run", "-q", "--no-summary", "-o", str(run), *case.options]
    errors = folder / f"errors-{number}"
    with errors.open("w") as file:
        process = subprocess.Popen(
            [*command, str(FOLDER / "worker.py"), case.recorder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            env={**os.environ, **dict(case.environment)},
        )
    return Worker(case, process, errors)


class Bench:
    """All processes, phase after phase."""

    def __init__(self, workers: list[Worker], rounds: int, save: Callable[[list[Worker]], None]) -> None:
        self._workers, self._rounds, self._save = workers, rounds, save
        self._natives = [worker for worker in workers if worker.case is NATIVE]

    def run(self) -> None:
        """Measure every phase, and print a table once all are recorded and once CUPTI has left."""
        timed = [worker for worker in self._workers if worker.case.is_timed]
        others = [worker for worker in self._workers if not worker.case.is_timed]
        self._start(others)
        self._turns("before", others)
        self._record_all(timed, [worker for worker in others if worker.case is not NATIVE])
        self._turns("after", self._workers)
        print("\n".join(table(self._workers)), flush=True)
        self._leave()
        self._turns("left", self._workers)
        print("\n".join(table(self._workers)), flush=True)

    def _start(self, others: list[Worker]) -> None:
        for worker in self._workers:
            worker.answer("import of torch")
        for worker in others:
            worker.tell("start")
        for worker in others:
            worker.answer("start")
        self._say("started")

    def _record_all(self, timed: list[Worker], others: list[Worker]) -> None:
        for worker in timed:
            self._record(worker)
        last_began = time.monotonic()
        for worker in others:
            self._record(worker)
        time.sleep(max(0.0, last_began + DURATION_S + 1 - time.monotonic()))
        self._say("recorded")

    def _leave(self) -> None:
        for worker in self._workers:
            if worker.case.leaves:
                worker.said["left"] = worker.ask("finalize")
                print(f"{worker.case.name:<26} cuptiFinalize: {worker.said['left']}", flush=True)

    def _turns(self, phase: str, workers: list[Worker]) -> None:
        for turn in range(self._rounds):
            for worker in workers:
                worker.slice(phase, "launches", SLICE)
                if turn % 4 == 0 and worker.case.name.startswith(("never", "gpu-trace")) and machine_has_gpu():
                    worker.slice(phase, "ranges", SLICE)
        self._save(self._workers)
        self._say(phase)

    def _record(self, worker: Worker) -> None:
        began = time.monotonic()
        worker.said["begin"] = worker.ask("start" if worker.case.is_timed else "begin")
        for turn in range(SLICES_DURING):
            worker.slice("during", "launches", SLICE_DURING)
            self._natives[turn % len(self._natives)].slice("during", "launches", SLICE_DURING)
        if not worker.case.is_timed:
            worker.said["end"] = worker.ask("end")
        elif time.monotonic() - began > DURATION_S:
            print(f"{worker.case.name}: the recording may have ended within the slices", flush=True)

    def _say(self, what: str) -> None:
        print(f"\n--- {what}, {time.monotonic() - BEGAN:.0f} s", flush=True)


def table(workers: list[Worker]) -> list[str]:
    """A row for each case: thousands of launches per second in each phase, and the times compared."""
    heads = "".join(f"{phase + ' k/s':>12}{'x':>7}{'from':>7}{'to':>7}" for phase in PHASES)
    rows = [f"{'':<26}{heads}"]
    for kind in ("launches", "ranges"):
        for case in dict.fromkeys(worker.case for worker in workers):
            cells = [_cells(workers, case, phase, kind) for phase in PHASES]
            if any(cells):
                shown = "".join(cell or f"{'-':>12}{'':>21}" for cell in cells)
                rows.append(f"{case.name + (' ranges' if kind == 'ranges' else ''):<26}{shown}")
    return rows


def _cells(workers: list[Worker], case: Case, phase: str, kind: str) -> str:
    own = [worker for worker in workers if worker.case is case and f"{phase} {kind}" in worker.slices]
    if not own:
        return ""
    times = [median(worker.slices[f"{phase} {kind}"]) for worker in own]
    compared = [_compared(workers, worker, phase, kind) for worker in own]
    ratios = f"{median(compared):>7.3f}{min(compared):>7.3f}{max(compared):>7.3f}"
    return f"{1e-3 / median(times):>12.1f}{ratios}"


def _compared(workers: list[Worker], worker: Worker, phase: str, kind: str) -> float:
    """The time of a launch in a phase compared with before, less what processes have that are never recorded."""
    natives = [each for each in workers if each.case is NATIVE]
    drift = _time(natives, phase, kind) / _time(natives, "before", kind)
    before = _time([worker], "before", kind) or _time(natives, "before", kind)
    return _time([worker], phase, kind) / before / drift


def _time(workers: Iterable[Worker], phase: str, kind: str) -> float:
    slices = [median(worker.slices[f"{phase} {kind}"]) for worker in workers if f"{phase} {kind}" in worker.slices]
    return median(slices) if slices else 0.0


def try_leaving(folder: Path) -> None:
    """Print how each trial ended, and what it said; all are made at once."""
    commands = {name: [sys.executable, "-u", str(FOLDER / "trials.py"), name] for name in TRIALS}
    for number in range(RECORDED_TRIALS):
        run = ["-m", "gpu_trace", "run", "-q", "--no-summary", "--duration", f"0.{3 + number}", "-o"]
        own = [str(FOLDER / "trials.py"), "recorded_threads"]
        commands[f"gpu-trace, threads {number}"] = [sys.executable, "-u", *run, str(folder / f"trial-{number}"), *own]
    with ExitStack() as stack:
        running = {name: stack.enter_context(_begun(command)) for name, command in commands.items()}
        deadline = time.monotonic() + MOST_TRIAL_S
        for name, process in running.items():
            print(f"{name:<22} {_ended(process, deadline)}", flush=True)


def _begun(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")


def _ended(process: subprocess.Popen[str], deadline: float) -> str:
    try:
        said, _ = process.communicate(timeout=max(1.0, deadline - time.monotonic()))
        how = "whole" if "whole" in said.splitlines() else f"ENDED with {process.returncode}"
    except subprocess.TimeoutExpired:
        process.kill()
        said, how = process.communicate()[0], "HANGS"
    lines = said.splitlines()
    return f"{how:<16} " + " | ".join(lines[:3] + ["..."] * (len(lines) > 6) + lines[3:][-4:])


def saver(path: Path | None) -> Callable[[list[Worker]], None]:
    """What writes all that is measured by now."""

    def save(workers: list[Worker]) -> None:
        if path:
            found = [
                {"case": each.case.name, "slices": each.slices, "said": each.said, "failure": each.failure}
                for each in workers
            ]
            path.write_text(json.dumps(found))

    return save


def main() -> None:
    """Parse the arguments, measure, and try."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "cases", nargs="*", metavar="CASE", help=f"of: {', '.join(case.name.strip() for case in CASES)}"
    )
    parser.add_argument("--rounds", type=int, default=20, help="slices of a process in each phase")
    parser.add_argument("--processes", type=int, default=2, help="of each case")
    parser.add_argument("--json", type=Path, help="write every slice to this file")
    parser.add_argument("--no-trials", action="store_true", help="measure only")
    parser.add_argument("--trials-only", action="store_true", help="do not measure")
    chosen = parser.parse_args()
    if chosen.trials_only:
        with tempfile.TemporaryDirectory() as name:
            try_leaving(Path(name))
        return
    wanted = [case for case in CASES if case is NATIVE or not chosen.cases or case.name.strip() in chosen.cases]
    cases = [case for case in wanted if machine_has_gpu() or case.recorder in WITHOUT_GPU]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workers = [started(case, folder, number) for number, case in enumerate(cases * chosen.processes)]
        Bench(workers, chosen.rounds, saver(chosen.json)).run()
        for worker in workers:
            with suppress(OSError):
                worker.process.stdin.close()
        if machine_has_gpu() and not chosen.no_trials:
            print("\n--- trials", flush=True)
            try_leaving(folder)
        for worker in workers:
            worker.process.wait()


BEGAN = time.monotonic()

if __name__ == "__main__":
    main()
