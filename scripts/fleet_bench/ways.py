"""The ways in which the ranks of a job are read: processes of the command, a Dask cluster, and columns."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from .processes import Cost, watched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .processes import Watched

_SUMMARY = (sys.executable, "-c", "from gpu_trace.cli import main; main()", "summary", "--json")
_DASK = (sys.executable, "-m", "dask")
_STARTS_S = 60


@dataclass(frozen=True)
class Way:
    """``dask``: workers of a cluster that is there before. ``kills``: one of them is killed while it reads."""

    name: str
    workers: int
    dask: bool = False
    kills: bool = False
    writes_columns: bool = False
    reads_columns: bool = False


WAYS = {
    "one": Way("1 process", 1),
    "two": Way("2 processes", 2),
    "dask": Way("Dask, 2 workers", 2, dask=True),
    "killed": Way("Dask, 2 workers, one killed", 2, dask=True, kills=True),
    "columns": Way("1 process, writes columns", 1, writes_columns=True),
    "again": Way("1 process, reads columns", 1, reads_columns=True),
}


@dataclass(frozen=True)
class Measured:
    """One summary of one job."""

    wall_s: float
    client: Cost
    scheduler: Cost
    workers: Sequence[Cost]
    document: str
    """a hash of what it printed, without the path of the job"""

    @property
    def cpu_s(self) -> float:
        """Of all processes."""
        return self.client.cpu_s + self.scheduler.cpu_s + sum(worker.cpu_s for worker in self.workers)


def measured(way: Way, fleet: Path, columns: Path) -> Measured:
    """Read a job once. ``columns``: where its columns are, or go. Raises ``SystemExit`` if the summary fails."""
    with watched() as processes, _cluster(way, processes) as cluster:
        job = columns if way.reads_columns else fleet
        arguments = ("--dask", cluster.address) if way.dask else ("--workers", str(way.workers))
        arguments += ("--columns", str(columns)) if way.writes_columns else ()
        began = time.perf_counter()
        client = _started([*_SUMMARY, str(job), *arguments], processes, stdout=subprocess.PIPE)
        if way.kills:
            _kill_one(cluster, processes)
        printed, _ = client.communicate()
        wall_s = time.perf_counter() - began
        processes.look()
        if client.returncode:
            raise SystemExit(f"bench-fleet: the summary of {job} failed")
        own, started = processes.of(client.pid)
        scheduler = processes.of(cluster.scheduler.pid)[0] if cluster.scheduler else Cost()
        workers = [processes.of(worker.pid)[0] for worker in cluster.workers] or started
    document = printed.replace(json.dumps(str(job)).encode(), b"")
    return Measured(wall_s, own, scheduler, workers, sha256(document).hexdigest())


class _Cluster:
    """A scheduler and its workers; empty for a way that needs none."""

    def __init__(self) -> None:
        self.address = ""
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []


@contextmanager
def _cluster(way: Way, processes: Watched) -> Iterator[_Cluster]:
    cluster = _Cluster()
    if not way.dask:
        yield cluster
        return
    with tempfile.TemporaryDirectory(prefix="gpu-trace-bench-") as folder:
        stated = Path(folder) / "scheduler.json"
        where = ("--scheduler-file", str(stated))
        try:
            cluster.scheduler = _started([*_DASK, "scheduler", *where, "--port", "0", "--no-dashboard"], processes)
            cluster.address = _address(stated)
            one = [*_DASK, "worker", *where, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
            cluster.workers = [_started(one, processes) for _ in range(way.workers)]
            _wait_for(cluster.address, way.workers)
            yield cluster
        finally:
            for process in (*cluster.workers, *filter(None, [cluster.scheduler])):
                process.kill()
                process.wait()


def _started(command: Sequence[str], processes: Watched, stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """In a session of its own, so that those that it starts are known as its own."""
    process = subprocess.Popen(command, stdout=stdout, stderr=subprocess.DEVNULL, start_new_session=True)
    processes.sessions.add(process.pid)
    return process


def _address(stated: Path) -> str:
    until = time.monotonic() + _STARTS_S
    while not stated.is_file() and time.monotonic() < until:
        time.sleep(0.1)
    if not stated.is_file():
        raise SystemExit("bench-fleet: the scheduler of Dask does not start")
    return str(json.loads(stated.read_text())["address"])


def _wait_for(address: str, workers: int) -> None:
    from distributed import Client  # no types

    with Client(address, timeout=_STARTS_S) as client:
        client.wait_for_workers(workers, timeout=_STARTS_S)


def _kill_one(cluster: _Cluster, processes: Watched) -> None:
    """Once the first worker has read for a second."""
    victim = cluster.workers[0]
    processes.look()
    before_s = processes.of(victim.pid)[0].cpu_s
    while processes.of(victim.pid)[0].cpu_s < before_s + 1.0:
        time.sleep(0.05)
    victim.send_signal(signal.SIGKILL)
