"""Runs a script as Python alone would, and as ``gpu-trace run`` does."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING, Any

import forked_cli

if TYPE_CHECKING:
    import signal

ROOT = Path(__file__).parents[1]
INSTALLED = Path(sys.executable).with_name("gpu-trace")
ENTRY = [str(INSTALLED)] if INSTALLED.exists() else ["-m", "gpu_trace"]
"""How the command is started: installed, or from a source tree on ``PYTHONPATH``."""
NO_COMPILER = """
import sys, types
sys.modules["torch._dynamo"] = types.SimpleNamespace(disable=lambda f, *_, **__: f, graph_break=lambda: None)
for name in ("torch._inductor", "torch._inductor.config"): sys.modules[name] = types.ModuleType(name)
torch._inductor = sys.modules["torch._inductor"]
torch._inductor.config = sys.modules["torch._inductor.config"]
torch._inductor.config.triton = types.SimpleNamespace(cudagraphs=False)
"""
"""For a script with an optimizer or a profiler of its own, after ``import torch``: both import the compiler, which
takes as long as torch."""
WHOLE = "import gc, sys; gc.disable(); import torch; gc.freeze(); gc.enable()\n"
"""Imports torch in four fifths of the time: nothing looks for garbage among what stays."""
LEAN = (
    'import sys, types; sys.modules["torch._meta_registrations"] = types.ModuleType("torch._meta_registrations"); '
    + WHOLE
)
"""Imports torch in half the time, for a script in which only some operators matter, and no data loader has processes:
without what operators do on the device ``meta``."""
UNSEEN = {"CUDA_VISIBLE_DEVICES"}
"""Variables that no Python looks at when it starts."""
_VARYING = re.compile(r"(?<=0x)[0-9a-f]+|(?<=\[W)\d+ [\d:.]+")


@dataclass(frozen=True)
class Outcome:
    """What a shell sees of a run."""

    stdout: str
    stderr: str
    code: int


@dataclass(frozen=True)
class Case:
    """A script with everything it needs; ``files`` are written into the working directory."""

    files: dict[str, str | bytes]
    command: tuple[str, ...] = ("script.py",)
    flags: tuple[str, ...] = ()
    stdin: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    send: signal.Signals | None = None
    """sent to the process that was started, once it has written the line ``up`` to stdout"""


def script(text: str, **more: Any) -> Case:
    """A case of one file."""
    return Case({"script.py": text}, **more)


def run_both(case: Case, folder: Path) -> tuple[Outcome, Outcome]:
    """Natively and traced, side by side, each in a folder of its own; the run folder is ``folder / "run"``."""
    alone, traced = folder / "alone", folder / "traced"
    for each in (alone, traced):
        write_files(case, each)
    with ThreadPoolExecutor() as pool:
        both = pool.submit(run_natively, case, alone), pool.submit(run_traced, case, traced, folder / "run")
        return both[0].result(), both[1].result()


def run_natively(case: Case, folder: Path) -> Outcome:
    return _run([sys.executable, *case.flags, *case.command], case, folder)


def run_traced(case: Case, folder: Path, run: Path, *options: str) -> Outcome:
    """``run`` is the run folder to be made."""
    ours = [*command_for(case), "run", "-q", "-o", str(run), *options]
    return _run([*ours, *case.command], case, folder)


def command_for(case: Case) -> list[str]:
    """How gpu-trace is started: a fork, where nothing of the case can be seen by a Python that starts, or signaled."""
    text, unseen = case.files.get("script.py", ""), case.environment if case.environment.keys() <= UNSEEN else {}
    is_plain = case == Case({"script.py": text}, case.command, stdin=case.stdin, environment=unseen)
    return [str(forked_cli.program())] if is_plain else [sys.executable, *case.flags, *ENTRY]


def write_files(case: Case, folder: Path) -> None:
    """Put the case's files where it will run."""
    folder.mkdir(exist_ok=True)
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def events(run: Path) -> list[dict[str, Any]]:
    """Every row of a run's trace, which must be valid JSON."""
    return list(json.loads(gzip.decompress((run / "trace.json.gz").read_bytes()))["traceEvents"])


def names(run: Path) -> set[str]:
    return {event["name"] for event in events(run) if event["ph"] == "X"}


def facts(run: Path) -> dict[str, Any]:
    return dict(json.loads((run / "run.json").read_text()))


def environment() -> dict[str, str]:
    """That of the tests, but for what pytest says there of itself, which differs from run to run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}


def _run(command: list[str], case: Case, folder: Path) -> Outcome:
    around = {"cwd": folder, "env": environment() | case.environment, "start_new_session": True}
    with subprocess.Popen(command, stdin=-1, stdout=-1, stderr=-1, **around) as process:
        first = b""
        if case.send is not None:
            while not first.endswith(b"up\n") and (line := process.stdout.readline()):
                first += line
            wait_until_at_rest(process.pid)  # the script gets from that line to where it stays
            process.send_signal(case.send)
        stdout, stderr = process.communicate(case.stdin.encode(), timeout=200)
    return Outcome(_plain(first + stdout, folder), _plain(stderr, folder), process.returncode)


def wait_until_at_rest(pid: int) -> None:
    """Wait until a process and those below it have waited for 0.2 s: on a busy machine no time alone is long enough."""
    looks = 0
    for _ in range(500):
        looks = looks + 1 if all(map(_waits, _with_those_below(pid))) else 0
        if looks > 4:
            break
        time.sleep(0.05)


def _with_those_below(pid: int) -> list[int]:
    below: list[str] = []
    with suppress(OSError):  # one may end meanwhile
        for path in Path(f"/proc/{pid}/task").glob("*/children"):
            below += path.read_text().split()
    return [pid, *(each for child in below for each in _with_those_below(int(child)))]


def _waits(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "S"
    return True


def _plain(output: bytes, folder: Path) -> str:
    """Text without what differs from run to run: addresses, the folder, times in warnings, Kineto's own chatter."""
    text = _VARYING.sub("", output.decode().replace(str(folder), "HERE"))
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("USDT:"))


def torch_has_cuda() -> bool:
    """Whether this torch was built for CUDA. Torch itself is not imported: that takes seconds of every test run."""
    spec = find_spec("torch")
    assert spec is not None
    assert spec.origin is not None
    return run_path(str(Path(spec.origin).with_name("version.py")))["cuda"] is not None
