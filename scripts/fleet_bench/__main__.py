"""What does the summary of a job of many ranks cost?

Simulates jobs (scripts/make-fleet), reads each in several ways, and prints a row for each as it goes, then what the
rows come to per rank, and the time on a cluster that follows.

    scripts/bench-fleet                                     12 and 48 small ranks, for a look
    scripts/bench-fleet 64x175000 --ways one,two            64 ranks of 35 MB
    scripts/bench-fleet --whole --keep /tmp/fleets          the table of docs/performance.md
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from .ways import WAYS, Measured, Way, measured

_SMALL = ("12x4000", "48x4000")
_WHOLE = {
    "64x175000": "one,two,dask,killed,columns,again",
    "256x4000": "dask",
    "1024x4000": "one,two,dask,columns,again",
    "4096x1800": "two,dask",
}
"""Jobs, and the ways that each is read in: half an hour on two cores."""
_HEAD = (
    "| job | way | wall s | CPU s | CPU per rank, ms | client MB | scheduler MB | workers MB |\n"
    "|---|---|---:|---:|---:|---:|---:|---:|"
)


class Shape(NamedTuple):
    """Of a simulated job."""

    ranks: int
    events: int
    """per rank, at least"""

    @classmethod
    def of(cls, text: str) -> Shape:
        """``64x4000``."""
        ranks, _, events = text.partition("x")
        return cls(int(ranks), int(events))


class Row(NamedTuple):
    """One measurement."""

    shape: Shape
    way: Way
    found: Measured


def _make(shape: Shape, folder: Path) -> Path:
    """The job, which is made anew unless it is there: it gets its name once it is whole."""
    fleet = folder / f"{shape.ranks}x{shape.events}"
    if not fleet.is_dir():
        making = folder / f".{fleet.name}.{os.getpid()}"
        arguments = ["--ranks", str(shape.ranks), "--events-per-rank", str(shape.events), "--seed", "1"]
        command = [sys.executable, "-m", "scripts.fleet", *arguments, "--truth", f"{making}.truth.json", str(making)]
        subprocess.run(command, check=True, stdout=sys.stderr)
        making.rename(fleet)
    return fleet


def _size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def _line(row: Row) -> str:
    found, ranks = row.found, row.shape.ranks
    scheduler = f"{found.scheduler.peak_mb:.0f}" if row.way.dask else ""
    workers = ", ".join(f"{worker.peak_mb:.0f}" for worker in found.workers if worker.peak_mb > 40)
    return (
        f"| {ranks} ranks of {row.shape.events:,} events | {row.way.name} | {found.wall_s:.1f} | {found.cpu_s:.1f} "
        f"| {1000 * found.cpu_s / ranks:.0f} | {found.client.peak_mb:.0f} | {scheduler} | {workers} |"
    )


def _measure(shape: Shape, ways: list[Way], folder: Path) -> list[Row]:
    fleet, columns = _make(shape, folder), folder / f"{shape.ranks}x{shape.events}.columns"
    shutil.rmtree(columns, ignore_errors=True)
    rows = []
    for way in ways:
        rows.append(Row(shape, way, measured(way, fleet, columns)))
        print(_line(rows[-1]), flush=True)
    sizes = f"{_size_mb(fleet):.1f} MB" + (f", columns {_size_mb(columns):.1f} MB" if columns.is_dir() else "")
    same = len({row.found.document for row in rows}) == 1
    print(f"{fleet.name}: {sizes}; {'all ways print the same bytes' if same else 'NOT ALL WAYS PRINT THE SAME'}\n")
    return rows


def _formula(rows: list[Row]) -> str:
    """What a cluster takes: the client's time grows with the ranks, that of a worker with its share of them."""
    of_dask = [row for row in rows if row.way.dask and not row.way.kills]
    pairs = [
        (few, many)
        for few in of_dask
        for many in of_dask
        if few.shape.events == many.shape.events and few.shape.ranks < many.shape.ranks
    ]
    if not pairs:
        return "Two jobs of equal ranks, one with more of them, read by --ways dask, give the time on a cluster."
    few, many = max(pairs, key=lambda pair: pair[1].shape.ranks - pair[0].shape.ranks)
    client_ms, scheduler_ms, worker_ms = (
        1000 * (spent(many.found) - spent(few.found)) / (many.shape.ranks - few.shape.ranks)
        for spent in (lambda found: found.client.cpu_s, lambda found: found.scheduler.cpu_s, _of_workers)
    )
    start_s = few.found.client.cpu_s - client_ms * few.shape.ranks / 1000
    return (
        f"wall s = {start_s:.1f} + ranks x ({client_ms:.2f} ms + {worker_ms:.0f} ms / workers), if ranks have "
        f"{many.shape.events:,} events; the scheduler is busy for {scheduler_ms:.2f} ms per rank"
    )


def _of_workers(found: Measured) -> float:
    return sum(worker.cpu_s for worker in found.workers)


def main() -> None:
    """Read the arguments, make the jobs, measure each, print as it goes."""
    parser = argparse.ArgumentParser(
        "bench-fleet", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shapes", nargs="*", metavar="RANKSxEVENTS", help=f"default: {' '.join(_SMALL)}")
    parser.add_argument("--whole", action="store_true", help=f"{' '.join(_WHOLE)}")
    parser.add_argument("--ways", default=",".join(WAYS), help="default: %(default)s; again needs columns")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the jobs here, and use those that are there")
    parser.add_argument("--make", action="store_true", help="make the jobs, and measure nothing")
    given = parser.parse_args()
    named = _WHOLE if given.whole else dict.fromkeys(given.shapes or _SMALL, given.ways)
    jobs = {Shape.of(text): _ways(names, given.ways) for text, names in named.items()}
    with tempfile.TemporaryDirectory(prefix="gpu-trace-bench-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if given.make:
            for shape in jobs:
                _make(shape, folder)
            return
        print(_HEAD, flush=True)
        print(_formula([row for shape, ways in jobs.items() for row in _measure(shape, ways, folder)]))


def _ways(names: str, wanted: str) -> list[Way]:
    """Those of both, in the order in which one may need what another wrote."""
    return [way for name, way in WAYS.items() if name in names.split(",") and name in wanted.split(",")]


if __name__ == "__main__":
    main()
