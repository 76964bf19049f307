"""The first line of a job of several devices, and which of its devices are told as one."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from ...questions.account.first import first_of
from ...questions.account.job import alike
from ...units import share
from ...vocabulary.losses import Owner
from ..fields import At
from ..owner_names import OWNER_NAMES
from .compute import computed
from .overlap import short_label
from .places import at_lines
from .verdict import extent, mostly_in, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Device
    from ...questions.account.account import Account
    from ...questions.account.first import First
    from ...questions.account.late import Lateness
    from ...summary import Summary

NAMED = 3
"""Devices that are named one by one; more are counted."""
_LATE = {
    "waiting_for_data": "waits for data",
    "launch_bound": "is launch-bound",
    "synchronized": "blocks in synchronizing calls",
    "allocating": "allocates memory",
    "compiling": "compiles",
    "garbage_collection": "collects garbage",
    "start_up": "starts up",
    "profiler": "is held up by the profiler",
    "host_gil": "waits for the GIL",
}
"""what the host of a late rank does, by the cause of its idle time"""


def job_verdict(summary: Summary) -> str:
    """Where the time of a job went, in one sentence; empty where fewer than two devices did anything."""
    account = summary.account
    job = account.job if account else None
    if account is None or job is None or job.of < 2:
        return ""
    where = "" if len(job.devices) == job.of else f"{_named(summary, job.devices)}: "
    if job.late is None and not job.by_turns:
        return f"{where}{_verdict(summary, job.first, account)}"
    loss = job.first.losses[0]
    spent = f"in exposed collectives for {share(loss.ns, job.first.account.window_ns)} of {extent(account.steady)}"
    spent += mostly_in(loss, account.steady)
    why = awaited(job.late) if job.late else "waiting for one rank after another"
    return f"{where}{spent}: {why}"


def answer(summary: Summary) -> str:
    """The first line of a whole trace: that of the job, or of its only device."""
    account = summary.account
    if account is None or account.first is None:
        return "no device activity"
    return job_verdict(summary) or _verdict(summary, account.first, account)


def _verdict(summary: Summary, first: First, account: Account) -> str:
    return verdict(first, account.steady, computed(summary.answer_of(first.account.device)))


def brief(summary: Summary) -> str:
    """The same for a line of its own, with what is in doubt."""
    doubtful = any(summary.doubts_of(figures.position) for figures in summary.devices)
    return answer(summary) + (" (in doubt)" if doubtful else "")


def awaited(late: Lateness) -> str:
    """``waiting for rank 1, which waits for data``, as far as it is known what made that rank late."""
    return f"waiting for rank {late.rank}, {_what_it_does(late)}{' (once)' if late.once else ''}"


def _what_it_does(late: Lateness) -> str:
    if late.owner is None:
        return "late, cause not seen"
    if late.owner is Owner.COMPUTE:
        return "which computes for longer"
    if late.owner is not Owner.IDLE:
        return f"which spends longer in {late.title or OWNER_NAMES[late.owner]}"
    if late.cause in _LATE:
        return f"which {_LATE[late.cause]}{at_lines(late.lines)}"
    return (
        f"which is idle for longer: {late.title}{at_lines(late.lines)}"
        if late.title
        else "which is idle for longer, cause not seen"
    )


def folded(summary: Summary) -> dict[int, tuple[int, ...]]:
    """Positions of the devices to show, each with those of the devices that are as it is."""
    account = summary.account
    shown = [each for each in account.devices if each.device not in summary.helpers] if account else []
    groups = ([each.account.device for each in group] for group in alike(map(first_of, shown)))
    return {leader: tuple(others) for leader, *others in groups}


def alike_line(summary: Summary, leader: int, others: Sequence[int]) -> str:
    """``ranks 1-7: as rank 0``; empty without others."""
    return f"{_named(summary, others)}: as {_named(summary, [leader])}" if others else ""


def _named(summary: Summary, positions: Sequence[int]) -> str:
    """``rank 1``, ``ranks 1-7``; where ranks do not tell the devices apart, ``GPU 1``, ``5 of 8 devices``."""
    at, every = At.of(summary), [figures.device for figures in summary.shown_devices]
    devices = [at.device(position) for position in positions]
    ranks = [device.rank for device in every]
    if min(ranks, default=-1) < 0 or len(set(ranks)) < len(ranks):
        few = len(devices) <= NAMED
        return ", ".join(map(short_label, devices)) if few else f"{len(devices)} of {len(every)} devices"
    return f"{'rank' if len(devices) == 1 else 'ranks'} {_runs(devices)}"


def _runs(devices: Sequence[Device]) -> str:
    """Ranks in order, those that follow each other as one: ``0, 2-7``."""
    ranks = sorted(device.rank for device in devices)
    runs = groupby(enumerate(ranks), key=lambda each: each[1] - each[0])
    parts = [[rank for _, rank in run] for _, run in runs]
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)
