"""The shared part of these scripts: repeat the work of a case, and print how long each repetition took.

Each repetition is an NVTX range ``measured``, from the host's first call to the end of the last device operation. Those
before it, which allocate memory and load kernels, are ranges ``warm-up``. ``gpu-trace run --range measured`` records
the measured ones only; give ``--repeats 1`` with it.

The line that is printed is JSON: the case, the wall clock of each repetition in ns, and a checksum of the results. Two
cases have the same checksum only if each repetition left the same bits.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from typing import TYPE_CHECKING, Protocol, TypeVar

import nvtx
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

WARM_UP = 3


class Work(Protocol):
    """What the cases of a script have in common."""

    def reset(self) -> None:
        """Make everything as it was before the first repetition; spoil the results of the last."""

    def results(self) -> Iterable[torch.Tensor]:
        """What a repetition has to leave, in order."""


AnyWork = TypeVar("AnyWork", bound=Work)


def main(
    description: str | None,
    prepare: Callable[[bool], AnyWork],
    cases: Mapping[str, Callable[[AnyWork], object]],
    *,
    gpus: int = 0,
) -> None:
    """Run the chosen case: ``prepare`` is told whether sizes have to be tiny. It needs so many ``gpus``."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--case", choices=list(cases), required=True)
    options.add_argument("--repeats", type=int, default=7, help="measured repetitions  [default: 7]")
    options.add_argument("--small", action="store_true", help="tiny sizes, to try the script without a GPU")
    chosen = options.parse_args()
    if torch.cuda.device_count() < gpus:
        print(json.dumps({"case": chosen.case, "needs": f"{gpus} GPUs"}))
        return
    torch.manual_seed(0)
    work = prepare(chosen.small)
    clocks_ns, checksums = repeated(work, cases[chosen.case], chosen.repeats)
    if len(checksums) > 1:
        raise SystemExit(f"case {chosen.case}: repetitions left different results")
    print(json.dumps({"case": chosen.case, "clocks_ns": clocks_ns, "checksum": checksums.pop()}), flush=True)


def repeated(work: AnyWork, case: Callable[[AnyWork], object], repeats: int) -> tuple[list[int], set[str]]:
    """The wall clock of each measured repetition, in ns, and the checksums of their results and those of the first."""
    clocks_ns, checksums = [], set()
    for number in range(WARM_UP + repeats):
        work.reset()
        synchronize()
        with nvtx.annotate("measured" if number >= WARM_UP else "warm-up", color="green"):
            began_ns = time.perf_counter_ns()
            case(work)
            synchronize()
            took_ns = time.perf_counter_ns() - began_ns
        if number >= WARM_UP:
            clocks_ns.append(took_ns)
        if number in (0, WARM_UP, WARM_UP + repeats - 1):  # to read gigabytes back takes longer than to compute them
            checksums.add(checksum(work.results()))
    return clocks_ns, checksums


def checksum(results: Iterable[torch.Tensor]) -> str:
    """Of the bits of tensors whose rows fill 4-byte words: of the sums of rows, which take less time to read back."""
    so_far = 0
    for tensor in results:
        rows = tensor.detach().contiguous().view(torch.int32).sum(-1, dtype=torch.int64)
        so_far = zlib.crc32(rows.cpu().numpy(), so_far)
    return f"{so_far:08x}"


def spoil(results: Iterable[torch.Tensor]) -> None:
    """Overwrite every thousandth number, so that what an earlier repetition left is not taken for a result."""
    for tensor in results:
        tensor.detach().view(-1)[::1000].fill_(torch.nan)


def synchronize() -> None:
    """Wait until every GPU, if there is one, is idle."""
    for device in range(torch.cuda.device_count()):
        torch.cuda.synchronize(device)
