"""Jobs of two ranks that end in every way, started in every way: natively, and as gpu-trace records them.

With a GPU they talk by NCCL, otherwise by gloo. NCCL refuses two ranks on one GPU of one host: where there is but one,
it is told that they are on two hosts, and so talks over sockets.
"""

from __future__ import annotations

import gzip
import json
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from native import ENTRY, LEAN, environment

if TYPE_CHECKING:
    from pathlib import Path

JOB = (
    f"{LEAN}import os, signal, time\n"
    + """
import torch.distributed as dist
rank = int(os.environ["RANK"])
gpu = torch.cuda.device_count()
device = torch.device("cuda", rank % gpu) if gpu else torch.device("cpu")
if gpu: torch.cuda.set_device(device)
if gpu == 1: os.environ["NCCL_HOSTID"] = f"host {rank}"
dist.init_process_group("nccl" if gpu else "gloo", **({"device_id": device} if gpu else {}))
x = torch.ones(1 << 16, device=device)
def reduce(times=1):
    for _ in range(times): dist.all_reduce(x.fill_(1 + rank))
    return int(x[0].item())
sys.stdout.write(f"rank {rank}: {reduce(20)}\\n"); sys.stdout.flush()
"""
)
LEAVE = "dist.barrier()\ndist.destroy_process_group()\n"
ENDINGS = {
    "whole": LEAVE,
    "fails": "if rank: raise ValueError('on purpose')\nreduce()\n" + LEAVE,
    "is killed": "if rank: time.sleep(2); os.kill(os.getpid(), signal.SIGKILL)\nreduce()\n" + LEAVE,
    "hangs": "if rank: time.sleep(600)\nreduce()\n" + LEAVE,
    "has a child": (
        "import subprocess\n"
        f"if rank: subprocess.run([sys.executable, '-c', {LEAN + 'torch.ones(3).sub(1)'!r}], check=True)\n{LEAVE}"
    ),
    "ends early": "if rank: os._exit(0)\ntime.sleep(1); print(int(x.sum()), flush=True); os._exit(0)\n",
}
"""What becomes of rank 1, and what rank 0 does about it.

A job that hangs is ended by SIGTERM to its launcher. A process that is killed keeps what was half a second old.
"""
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
LAUNCHERS = {
    "--nproc-per-node": (*ENTRY, "run", "-q", "-o", "run", "--nproc-per-node", "2", "job.py"),
    "-m torch.distributed.run": (*ENTRY, "run", "-q", "-o", "run", *TORCHRUN, "job.py"),
    "torchrun --no-python": (*TORCHRUN, "--no-python", sys.executable, *ENTRY, "run", "-q", "job.py"),
}
NATIVE = (*TORCHRUN, "job.py")
MACHINES = 2
OF_MACHINE = ("-m", "torch.distributed.run", f"--nnodes={MACHINES}", "--nproc-per-node=1", "--master-addr=127.0.0.1")
TO_SHARED_FOLDER = (*ENTRY, "run", "-q", "-o", "shared")


@dataclass(frozen=True)
class Ended:
    """What a shell sees of a job. Ranks print in any order."""

    lines: list[str]
    code: int
    stderr: str = field(compare=False)
    """with torchrun's report, which has times"""


def run_job(ending: str, launcher: tuple[str, ...], folder: Path) -> Ended:
    """Run a job in ``folder`` to its end."""
    folder.mkdir(exist_ok=True)
    (folder / "job.py").write_text(JOB + ENDINGS[ending])
    command = [sys.executable, *launcher]
    around = {"cwd": folder, "env": environment() | {"OMP_NUM_THREADS": "1"}}
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, **around) as process:
        first = []
        if ending == "hangs":
            first = [process.stdout.readline(), process.stdout.readline()]
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=120)
    return Ended(sorted([*first, *stdout.splitlines(keepends=True)]), process.returncode, stderr)


def run_on_machines(folder: Path, recorded: bool) -> Ended:
    """Run a job of two launchers, as on two machines, into one folder: each has one of its own in there.

    They are started as Kubernetes starts them, which numbers machines by the variables that torchrun gives to ranks.
    The exit code is that of the launcher which failed.
    """
    folder.mkdir(exist_ok=True)
    (folder / "job.py").write_text(JOB + LEAVE)
    port = f"--master-port={_free_port()}"
    around = {"cwd": folder, "stdout": -1, "stderr": -1, "text": True}
    started = []
    for machine in range(MACHINES):
        recording = TO_SHARED_FOLDER if recorded else ()
        command = [sys.executable, *recording, *OF_MACHINE, port, f"--node-rank={machine}", "job.py"]
        numbered = {"RANK": str(machine), "WORLD_SIZE": str(MACHINES)}
        started.append(subprocess.Popen(command, env=environment() | {"OMP_NUM_THREADS": "1"} | numbered, **around))
    outputs = [process.communicate(timeout=180) for process in started]
    lines = [line for stdout, _ in outputs for line in stdout.splitlines(keepends=True)]
    code = max(process.returncode for process in started)
    return Ended(sorted(lines), code, "".join(stderr for _, stderr in outputs))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def written(folder: Path) -> list[dict[str, Any]]:
    """All traces, wherever in the job's folder they are."""
    return [json.loads(gzip.decompress(path.read_bytes())) for path in folder.rglob("trace*.json.gz")]


def traces(folder: Path) -> dict[int, dict[str, Any]]:
    """The trace of each rank."""
    of_ranks = [trace for trace in written(folder) if "distributedInfo" in trace]
    return {trace["distributedInfo"]["rank"]: trace for trace in of_ranks}
