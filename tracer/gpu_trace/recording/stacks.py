"""Python stacks of the recorded processes, sampled while the script runs; and what of them was lost, in sentences."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ..stack_sampling import facts
from ..stack_sampling.library import Sampler, built_sampler

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ..stack_sampling.facts import Facts

_LOST = "Python stacks: "
NOT_BUILT = "the stack sampler was not built; run gpu-trace doctor"
UNKNOWN = "the stack sampler does not know this Python; run gpu-trace doctor"
FORBIDDEN = "the system does not let gpu-trace read the memory of the script; run gpu-trace doctor"
_UNREADABLE = "the memory of the script could not be read (%s)"
_REASONS = {
    errno.EPERM: FORBIDDEN,
    errno.ENOSYS: FORBIDDEN,
    errno.ENOTSUP: UNKNOWN,
    errno.ENOEXEC: "the script runs another Python than gpu-trace does",
}
_ENDED = (errno.ESRCH, errno.EFAULT, errno.ENOEXEC)
"""of a process that was sampled until then: it ended, was about to, or became a program other than Python"""
_CROWDED = "Python stacks of some processes: too many ran at one time"
_MANY = 0.1
"""as a part of all samples"""


@contextmanager
def sampling(raw: Path) -> Iterator[None]:
    """Sample the processes that have notes in this folder. Whatever fails costs the stacks alone."""
    sampler = _begun(raw)
    try:
        yield
    finally:
        if sampler is not None:
            sampler.end()


def _begun(raw: Path) -> Sampler | None:
    path = built_sampler()
    reason = NOT_BUILT
    if path is not None:
        try:
            sampler = Sampler(path)
            sampler.begin(raw)
        except OSError as error:
            reason = f"the stack sampler could not start ({error})"
        else:
            return sampler
    with suppress(OSError):  # the disk is full, or the script has deleted the folder
        facts.refuse(raw, reason)
    return None


def lost(raw: Path, pids: Sequence[int]) -> list[str]:
    """What of the stacks of these processes is in no trace: one sentence where that is the same of all."""
    found = facts.read(raw)
    if found is None or not pids:
        return []
    if found.refused:
        return [f"{_LOST}{found.refused}"]
    if _may_be_read(found) and not _is_known():
        return [f"{_LOST}{UNKNOWN}"]
    crowded = [_CROWDED] if found.is_crowded else []
    told = {pid: reason for pid in pids if (reason := _of_one(found, pid))}
    if len(told) == len(pids) and len(set(told.values())) == 1:
        return [told[pids[0]], *crowded]
    each = [f"process {pid}: {sentence}" if len(pids) > 1 else sentence for pid, sentence in told.items()]
    return each + crowded


def _may_be_read(found: Facts) -> bool:
    return all(_REASONS.get(process.error) != FORBIDDEN for process in found.processes.values())


def _is_known() -> bool:
    from ..stack_sampling.trial import sampler_knows_this_python  # with NumPy: not while the script runs

    return sampler_knows_this_python()


def _of_one(found: Facts, pid: int) -> str:
    """What was lost of one process; empty for nothing."""
    process = found.processes.get(pid)
    if process is None:
        return ""
    if process.error and process.error not in (_ENDED if process.samples else (errno.ESRCH,)):
        return f"{_LOST}{_REASONS.get(process.error) or _UNREADABLE % os.strerror(process.error)}"
    taken = process.samples + process.unread
    if process.unread > _MANY * taken:
        return f"{process.unread:,} of {taken:,} samples of Python stacks: the stacks changed while they were read"
    if found.is_full:
        return f"Python stacks after the first {sum(each.samples for each in found.processes.values()):,} samples"
    return ""


def parents(raw: Path) -> dict[int, int]:
    """Which process started each that was sampled, as far as that is known."""
    found = facts.read(raw)
    return {pid: process.parent for pid, process in found.processes.items()} if found else {}


def reason_in(sentences: Iterable[str]) -> str:
    """Why no stacks were sampled, by what was lost; empty where it does not say."""
    return next((each.removeprefix(_LOST) for each in sentences if each.startswith(_LOST)), "")


def in_run_json(raw: Path) -> dict[str, float | int] | None:
    """Rate and cost of sampling; None where nothing was sampled."""
    found = facts.read(raw)
    samples = sum(process.samples for process in found.processes.values()) if found else 0
    if found is None or not samples:
        return None
    return {
        "samples": samples,
        "unread": sum(process.unread for process in found.processes.values()),
        "rounds": found.rounds,
        "missed": found.missed,
        "rate_hz": round(1e9 / found.period_ns, 3),
        "lowest_rate_hz": round(1e9 / found.longest_period_ns, 3),
        "cpu_ns": found.cpu_ns,
    }
