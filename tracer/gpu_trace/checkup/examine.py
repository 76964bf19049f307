"""Looks at the machine: records the probe as a user would record a script, and looks around for other tools."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..cupti_recording.library import activities_library
from ..nvtx_recording.environment import injection_library
from ..recording.launch import machine_has_gpu

_PROBE = Path(__file__).with_name("probe.py")
_OTHERS = ("CUDA_INJECTION64_PATH", "NVTX_INJECTION64_PATH", "NSYS_PROFILING_SESSION_ID", "KINETO_USE_DAEMON")


@dataclass(frozen=True, slots=True)
class Machine:
    """What was seen.

    ``torch`` is what the probe said, empty where it could not run; ``said`` its stderr then. ``kernels`` and
    ``operators`` count what was recorded of it; ``source`` is who kept the records of the GPU. ``activities`` and
    ``injection`` say which of our libraries were built. ``stacks`` counts samples of the probe's Python stacks.
    """

    platform: str
    python: tuple[int, ...]
    has_gpu: bool
    torch: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    recorded: str = ""
    kernels: int = 0
    operators: int = 0
    stacks: int = 0
    lost: tuple[str, ...] = ()
    source: str = ""
    activities: bool = False
    injection: bool = False
    compiler: bool = False
    environment: dict[str, str] = field(default_factory=dict)


def examine() -> Machine:
    """Look. Takes as long as importing torch does."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        command = [sys.executable, "-m", "gpu_trace", "run", "-q", "-o", str(run), str(_PROBE)]
        path = os.pathsep.join(dict.fromkeys(entry for entry in sys.path if entry))
        environment = {**os.environ, "PYTHONPATH": path}
        shown = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, env=environment, cwd=folder
        )
        facts = _json(run / "run.json")
        rows = _json(run / "trace.json.gz").get("traceEvents", [])
    return Machine(
        platform=sys.platform,
        python=tuple(sys.version_info[:3]),
        has_gpu=machine_has_gpu(),
        torch=last_said(shown.stdout) if shown.returncode == 0 else {},
        said=shown.stderr.strip(),
        recorded=facts.get("recorded", ""),
        kernels=sum(row.get("cat") == "kernel" for row in rows),
        operators=sum(row.get("cat") == "cpu_op" for row in rows),
        stacks=(facts.get("stacks") or {}).get("samples", 0),
        lost=tuple(facts.get("lost", ())),
        source=facts.get("source", ""),
        activities=activities_library() is not None,
        injection=injection_library() is not None,
        compiler=_has_compiler(),
        environment={name: os.environ[name] for name in _OTHERS if name in os.environ},
    )


def last_said(stdout: str) -> dict[str, Any]:
    """The JSON of the last line: what Python runs or imports before the probe may print lines of its own."""
    last = stdout.strip().rpartition("\n")[2]
    return dict(json.loads(last)) if last.startswith("{") else {}


def _json(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
        return dict(json.loads(gzip.decompress(data) if path.suffix == ".gz" else data))
    except (OSError, ValueError, EOFError):
        return {}


def _has_compiler() -> bool:
    from shutil import which

    return any(which(name) for name in ("cc", "gcc", "clang"))
