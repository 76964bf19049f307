"""Runs many programs, each in a process of its own, with torch imported once: they are forks of one process.

As a program it is that process. What program 3 prints goes to FOLDER/3.stdout and FOLDER/3.stderr, and how each ended
to FOLDER/ended.json.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from traceback import print_exc
from typing import TYPE_CHECKING, NoReturn

from native import NO_COMPILER, WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
STUCK_S = 80
"""PyTorch 2.13 can be stuck for ever as a rank lets go of its gloo group: the group joins a thread that waits for the
interpreter's lock, which the rank holds. It was seen once in some 50 runs of these jobs, and is no fault of theirs."""
SIGKILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """How a program ended: by its ranks in order, or by itself."""

    stdout: str
    stderr: str
    codes: list[int]


def run_all(folder: Path, programs: Sequence[Sequence[str]], *, ranks: int = 0) -> list[Ended]:
    """Run programs that may import the samples. With ranks each in so many processes, as a launcher would."""
    command = [sys.executable, __file__, str(folder), json.dumps(programs), str(ranks)]
    environment = {**os.environ, "PYTHONPATH": str(SAMPLES)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=280)
    return [
        Ended(*((folder / f"{number}.{stream}").read_text() for stream in ("stdout", "stderr")), codes)
        for number, codes in enumerate(json.loads((folder / "ended.json").read_text()))
    ]


def main(folder: Path, programs: list[list[str]], ranks: int) -> None:
    """Run one program after the other; write down how each ended."""
    exec(WHOLE, scope := {})
    import_module("torch.distributed")
    if ranks:
        import_module("torch._dynamo")  # which classes of distributed training import
    else:
        exec(NO_COMPILER, scope)
    ended = [codes_of(program, folder / str(number), ranks) for number, program in enumerate(programs)]
    (folder / "ended.json").write_text(json.dumps(ended))


def codes_of(program: list[str], out: Path, ranks: int) -> list[int]:
    """Run one program to its end, or again: see `STUCK_S`."""
    for _attempt in range(3):
        if ranks:
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "WORLD_SIZE": str(ranks)}
            os.environ["LOCAL_WORLD_SIZE"] = str(ranks)
        for stream in ("stdout", "stderr"):
            Path(f"{out}.{stream}").unlink(missing_ok=True)
        pids = [started(program, out, rank if ranks else None) for rank in range(ranks or 1)]
        codes = waited_for(pids, STUCK_S)
        if SIGKILLED not in codes:
            break
    return codes


def waited_for(pids: list[int], seconds: float) -> list[int]:
    """The exit codes of processes; those that are there after so long are killed."""
    until, codes = time.monotonic() + seconds, dict.fromkeys(pids, 0)
    left = set(pids)
    while left:
        for pid in sorted(left):
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                codes[pid] = os.waitstatus_to_exitcode(status)
                left.discard(pid)
        time.sleep(0.02)
    return [codes[pid] for pid in pids]


def started(program: list[str], out: Path, rank: int | None) -> int:
    """The process id of a program that has been started."""
    pid = os.fork()
    if not pid:
        become(program, out, rank)
    return pid


def become(program: list[str], out: Path, rank: int | None) -> NoReturn:
    """Be what ``python PROGRAM`` is, but for torch, which is there."""
    for descriptor, name in ((1, ".stdout"), (2, ".stderr")):
        os.dup2(os.open(f"{out}{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), descriptor)
    if rank is not None:
        os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank)}
    sys.argv = program
    sys.path[0] = str(Path(program[0]).resolve().parent)
    try:
        runpy.run_path(program[0], run_name="__main__")
    except BaseException as ending:
        code = ending.code if isinstance(ending, SystemExit) else 1
        if not isinstance(ending, SystemExit):
            print_exc()
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else bool(code))


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]), int(sys.argv[3]))
