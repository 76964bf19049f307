"""Measures how much slower each kind of work gets beside each other kind, on the first GPU of this machine.

It prints each figure as it is measured, and writes the entry of that model of GPU into the table that predictions read.
Every figure is the lowest, the median and the highest of five repetitions. It takes about a minute and 10 GB of the
GPU's memory, and wants the GPU to itself.

- **alone**: nanoseconds of one operation of a kind.
- **slowdown**: of a kind while another one is busy all the time, as a factor.
- **copies**: nanoseconds of a copy by its bytes, alone and beside other work.
"""

from __future__ import annotations

import argparse
import datetime
import shutil
import subprocess
import sys
import time
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from calibration import kinds, table
from calibration.clock import Clock, Spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from calibration.kinds import Kind

TABLE = Path(__file__).parents[1] / "analyzers/gpu_trace_analyzers/whatif/contention/measured.toml"
COPY = 80 * kinds.MIB
"""bytes of the copies that other kinds run beside: more than a cache of the device holds"""
SIZES = tuple(5 << power for power in range(14, 26))
"""bytes: 80 KiB to 160 MiB"""
FEW_BLOCKS = 10
"""of the small kernels that other kinds run beside"""
OF_BLOCKS: tuple[Callable[[int], Kind], ...] = (
    kinds.blocks_of_arithmetic,
    kinds.blocks_of_norm,
    kinds.blocks_of_product,
)
Row = tuple[Any, ...]


def alone(clock: Clock, chosen: list[Kind]) -> Iterator[Row]:
    """Of each kind the time of one operation: its key, and nanoseconds."""
    for kind in chosen:
        yield (kind.key, *_ns(clock.alone(kind)))


def slowdown(clock: Clock, chosen: list[Kind]) -> Iterator[Row]:
    """Of each kind beside each, itself too, and beside copies in both directions: both keys, and factors."""
    by_key = {kind.key: kind for kind in chosen}
    both = (by_key["copy_h2d"], by_key["copy_d2h"])
    for kind, others in product(chosen, [*((other,) for other in chosen), both]):
        if len(others) > 1 and kind in others:
            continue
        measured = clock.beside(kind, others)
        if measured is not None:
            yield (kind.key, "+".join(other.key for other in others), *_factors(*measured))


def copies(clock: Clock, beside: list[Kind]) -> Iterator[Row]:
    """Of copies by size: key, the key of what runs beside or none, bytes, and nanoseconds of one copy."""
    for size in SIZES:
        to_device, to_host, inside = kinds.copies(size)
        for kind, opposite in ((to_device, to_host), (to_host, to_device), (inside, None)):
            yield (kind.key, "", size, *_ns(clock.alone(kind)))
            for other in [*beside, opposite] if opposite else []:
                measured = clock.beside(kind, [other])
                if measured is not None:
                    yield (kind.key, other.key, size, *_ns(measured[1]))


def _ns(ms: Spread) -> Iterator[int]:
    return (round(value) for value in ms.scaled(1e6))


def _factors(one: Spread, together: Spread) -> Iterator[float]:
    return (round(value, 4) for value in together.scaled(1 / one.median))


def _device() -> dict[str, Any]:
    """The head of the entry."""
    found = torch.cuda.get_device_properties(0)
    gpus = torch.cuda.device_count()
    made = f"scripts/calibrate on {datetime.datetime.now(tz=datetime.timezone.utc):%Y-%m-%d}"
    source = f"{made}, torch {torch.__version__}, driver {_driver()}, GPUs: {gpus}"
    return {"name": found.name, "multiprocessors": found.multi_processor_count, "source": source}


def _driver() -> str:
    query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    if shutil.which(query[0]) is None:
        return "unknown"
    return subprocess.run(query, stdout=subprocess.PIPE, text=True, check=False).stdout.partition("\n")[0]


def _works(kind: Kind) -> bool:
    """Whether this machine can do it: GPUs may have no link, or NCCL may not start."""
    try:
        kind.run()
        torch.cuda.synchronize()
    except RuntimeError as error:
        print(f"{kind.key} is left out: {error}", flush=True)
        return False
    return True


def _told(rows: Iterator[Row]) -> list[Row]:
    """The rows, each printed when it is there."""
    kept = []
    for row in rows:
        print(*row, sep="  ", flush=True)
        kept.append(row)
    return kept


def main() -> None:
    """Measure all of it; what is measured is written after each part."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("-o", dest="output", type=Path, default=TABLE, help="where to write the table  [%(default)s]")
    output = options.parse_args().output
    if not torch.cuda.is_available():
        sys.exit("calibrate: no GPU that torch can use; run it on the machine whose GPU is to be measured")
    began, clock = time.monotonic(), Clock()
    kernels = list(kinds.large())
    small = [make(FEW_BLOCKS) for make in OF_BLOCKS]
    chosen = [*kernels, *small, *kinds.copies(COPY), *filter(_works, kinds.between_gpus(COPY))]
    parts = {
        "alone": alone(clock, chosen),
        "slowdown": slowdown(clock, chosen),
        "copies": copies(clock, [each for each in kernels if each.key in ("product_tf32", "elementwise")]),
    }
    entry = _device()
    existing = TABLE.read_text(encoding="utf-8")
    for name, rows in parts.items():
        print(f"\n{name} ({time.monotonic() - began:.0f} s)", flush=True)
        entry[name] = _told(rows)
        table.write(output, existing, entry)
    print(f"\n{entry['name']}: {time.monotonic() - began:.0f} s; written to {output}")


if __name__ == "__main__":
    main()
