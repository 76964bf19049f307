"""The ranks that both tools look at: those of scripts/make-fleet, in the words of torch.profiler that HTA expects."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_STEP = re.compile(r'"cat":"nvtx","name":"step","pid":(\d+),"tid":\d+')
_MAKE_FLEET = [sys.executable, "-m", "scripts.fleet"]


class HtaNames(str, Enum):
    """What NCCL's kernels are called. HTA looks for stragglers in kernels whose names begin as NCCL's did once."""

    EXPECTED = "expected"
    """``ncclKernel_``, as before NCCL 2.19"""
    RECORDED = "recorded"
    """``ncclDevKernel_``"""


@dataclass(frozen=True, slots=True)
class Job:
    """A folder with a file per rank, the size of all as text, and what is wrong with the job."""

    folder: Path
    megabytes: float
    truth: str


def write_job(place: Path, ranks: int, steps: int, seed: int, fault: str, names: HtaNames) -> Job:
    """Simulate a job with one kind of fault into a folder inside ``place``."""
    folder, truth = place / "ranks", place / "truth.json"
    what = ["--ranks", str(ranks), "--steps", str(steps), "--seed", str(seed), "--faults", fault]
    command = [*_MAKE_FLEET, *what, "--truth", str(truth), str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (folder / "run.json").unlink()  # HTA takes it for a trace
    size = sum(_rewrite(path, names) for path in folder.iterdir())
    return Job(folder, size / 1e6, _told(json.loads(truth.read_text())))


def _rewrite(path: Path, names: HtaNames) -> int:
    """Have steps called as torch.profiler calls them, on their thread; the bytes of the text."""
    text = gzip.decompress(path.read_bytes()).decode()
    first, *rest = _STEP.split(text)
    assert rest, f"{path} has no steps"
    pieces = [first]
    for number, (pid, after) in enumerate(zip(rest[::2], rest[1::2], strict=True)):
        name = f'"cat":"user_annotation","name":"ProfilerStep#{number}","pid":{pid},"tid":{pid}'
        pieces += [name, after]
    text = "".join(pieces)
    if names is HtaNames.EXPECTED:
        text = text.replace('"ncclDevKernel_', '"ncclKernel_')
    path.write_bytes(gzip.compress(text.encode(), 4))
    return len(text)


def _told(truth: dict[str, object]) -> str:
    faults = truth["faults"]
    assert isinstance(faults, list)
    each = [f"{fault['kind']} on rank {fault['rank']}, which costs {fault['cost_ns'] / 1e6:.1f} ms" for fault in faults]
    return f"{', '.join(each)} of {int(str(truth['job_ns'])) / 1e6:.1f} ms"
