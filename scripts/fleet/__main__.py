"""Simulate a job of many ranks from recordings of two H200s, and say what is true of it.

    scripts/make-fleet --ranks 64 --seed 1 --truth /tmp/truth.json /tmp/fleet
    gpu-trace summary /tmp/fleet

Each step of each rank is one of the recorded steps, with its own times. When operations start follows from what they
wait for, so a rank that is late makes those late that wait for it. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .clocks import drawn_clocks
from .conditions import conditions
from .faults import KINDS, Fault, drawn_faults, drawn_kinds, possible
from .files import write
from .recording import BASES
from .schedule import schedule
from .shape import Shape
from .template import Template, template_of
from .truth import truth

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    """Make what the command line says."""
    print(made(None))


def made(arguments: Sequence[str] | None) -> str:
    """Write folder and truth; returns a line that says what they are and how long it took."""
    given = _arguments(arguments)
    began = time.perf_counter()
    _check(given)
    template = template_of(given.base)
    per_step = len(template.host) + 3 * len(template.operations)
    steps = given.steps or max(2, (given.events_per_rank or 5 * per_step) // per_step)
    shape = Shape(given.ranks, given.ranks_per_host, given.seed)
    faults = _faults(given.faults, template, shape, steps)
    clocks = drawn_clocks(shape.hosts, np.random.default_rng([shape.seed, 2]))
    what = conditions(template, shape, steps, faults, given.skew_ns)
    times = schedule(template, what)
    given.out.mkdir(parents=True, exist_ok=True)
    size = write(given.out, template, shape, what, times, faults, clocks)
    stated = {"base": given.base} | truth(template, shape, steps, faults, clocks, times.job_ns, given.skew_ns)
    given.truth.write_text(json.dumps(stated, indent=1) + "\n")
    return (
        f"{given.out}: {shape.ranks} ranks, {steps} steps, {steps * per_step:,} events per rank, {size / 1e6:,.1f} MB; "
        f"faults: {', '.join(fault.kind for fault in faults) or 'none'}; {time.perf_counter() - began:.1f} s"
    )


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser("make-fleet", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("out", type=Path, help="a folder that is empty, or not there")
    parser.add_argument("--ranks", type=int, required=True, help="8 to 4096")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--truth", type=Path, required=True, help="a file outside the folder")
    parser.add_argument("--faults", default="drawn", help=f"none, drawn (default), or some of {','.join(KINDS)}")
    parser.add_argument("--base", choices=BASES, default="ddp", help="the recorded job (default: ddp)")
    parser.add_argument("--ranks-per-host", type=int, default=8)
    parser.add_argument(
        "--skew-ns", type=int, default=0, help="at most so far apart ranks leave a collective (default: 0)"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, help="at least 2 (default: 5)")
    length.add_argument("--events-per-rank", type=int, help="as many steps as have so many events")
    return parser.parse_args(arguments)


def _check(given: argparse.Namespace) -> None:
    """Exit with a sentence if it cannot be done."""
    problems = {
        "--ranks must be from 8 to 4096": not 8 <= given.ranks <= 4096,
        "--seed must not be negative": given.seed < 0,
        "--skew-ns must be from 0 to 1000000": not 0 <= given.skew_ns <= 1_000_000,
        "--ranks-per-host must be from 1 to 64": not 1 <= given.ranks_per_host <= 64,
        "--steps must be at least 2": given.steps is not None and given.steps < 2,
        f"{given.out} is not an empty folder": given.out.exists() and (given.out.is_file() or any(given.out.iterdir())),
        "--truth must be outside the folder": given.truth.resolve().is_relative_to(given.out.resolve()),
    }
    for sentence, so in problems.items():
        if so:
            raise SystemExit(f"make-fleet: {sentence}")


def _faults(wanted: str, template: Template, shape: Shape, steps: int) -> list[Fault]:
    random = np.random.default_rng([shape.seed, 3])
    kinds = possible(shape, template.loader is not None)
    if wanted == "drawn":
        return drawn_faults(drawn_kinds(kinds, random), shape, steps, random)
    named = [] if wanted == "none" else wanted.split(",")
    if unknown := [name for name in named if name not in KINDS]:
        raise SystemExit(f"make-fleet: no fault is called {unknown[0]!r}; there are {', '.join(KINDS)}")
    if impossible := [name for name in named if name not in kinds]:
        raise SystemExit(f"make-fleet: {impossible[0]} needs several hosts, or for late_data a job with a loader: ddp")
    return drawn_faults([kind for kind in KINDS if kind in named], shape, steps, random)


if __name__ == "__main__":
    main()
