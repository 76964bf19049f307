"""The first line of a job: what costs most and who causes it, else where the time of all ranks went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import count, duration, share
from ...vocabulary.losses import Owner
from ..owner_names import OWNER_NAMES
from .cause_names import CAUSE_NAMES
from .stretches import how_many, ranks_text

if TYPE_CHECKING:
    from ...job.answer import Finding, JobAnswer, Share

LEAST_SHARE = 0.01
"""of the job: a finding that costs less is not worth the first line"""
_MANY = 2
_FAULTS = {
    "damaged": ("has a file that is damaged or left out", "have files that are damaged or left out"),
    "late_data": ("waits for data", "wait for data"),
    "late_rank": ("comes late to collectives", "come late to collectives"),
    "missing": ("has no trace", "have no trace"),
    "slow_gpu": ("computes longer", "compute longer"),
    "slow_host": ("takes longer on its host", "take longer on their hosts"),
    "wrong_group": ("is in a wrong process group", "are in a wrong process group"),
}
"""what one rank does, and several"""
_OF_A_HOST = {"slow_host": "host {} is slow", "clock_uncertain": "the clock of host {} is uncertain"}
_OF_THE_JOB = {"transfer": "transfers between ranks are slow", "bubble": "pipeline stages wait for one another"}


def verdict(answer: JobAnswer) -> str:
    """One sentence, without its full stop."""
    first = deciding(answer)
    if first is not None:
        return f"{culprit(first)}: {_without(first, answer)}"
    if not answer.window_ns:
        return "no time to account for" if answer.ranks else "no rank could be read"
    return "; ".join(filter(None, (_computed(answer), _largest(answer), _unremarkable(answer))))


def deciding(answer: JobAnswer) -> Finding | None:
    """The finding that the first line is of; None if none costs enough."""
    first = next(iter(answer.findings), None)
    if first is None or not first.conclusive:
        return None
    return first if first.cost_ns >= LEAST_SHARE * answer.job_ns > 0 else None


def culprit(finding: Finding) -> str:
    """``host node17 is slow``, ``ranks 8-15 wait for data``."""
    if finding.kind in _OF_THE_JOB:
        return _OF_THE_JOB[finding.kind]
    several_ranks = how_many(finding.ranks) >= _MANY
    if finding.host and (several_ranks or finding.kind != "slow_host") and finding.kind in _OF_A_HOST:
        return _OF_A_HOST[finding.kind].format(finding.host)  # a single rank is a process, not its machine
    one, several = _FAULTS.get(finding.kind, ("stands out", "stand out"))
    return f"{ranks_text(finding.ranks)} {several if several_ranks else one}"


def _without(finding: Finding, answer: JobAnswer) -> str:
    left_ns = answer.job_ns - finding.cost_ns
    saved = share(finding.cost_ns, answer.job_ns)
    return f"without that the job would take {saved} less ({duration(left_ns)} instead of {duration(answer.job_ns)})"


def _computed(answer: JobAnswer) -> str:
    compute_ns = next((each.ns for each in answer.account if each.owner == Owner.COMPUTE.value), 0)
    ranks = count(answer.ranks, "rank")
    return f"{ranks} computed for {share(compute_ns, answer.window_ns)} of the time"


def _largest(answer: JobAnswer) -> str:
    losses = [each for each in answer.account if each.owner != Owner.COMPUTE.value and each.ns]
    largest = max(losses, key=lambda each: each.ns, default=None)
    if largest is None or largest.ns < LEAST_SHARE * answer.window_ns:
        return ""
    return f"{_spent(largest)} for {share(largest.ns, answer.window_ns)}{_mostly(largest)}"


def _spent(found: Share) -> str:
    owner = Owner(found.owner)
    return OWNER_NAMES[owner] if owner is Owner.IDLE else f"in {OWNER_NAMES[owner]}"


def _mostly(found: Share) -> str:
    """The cause of at least half of it."""
    cause, ns = next(iter(found.causes), ("", 0))
    if 2 * ns < found.ns or not ns:
        return ""
    return f": {'mostly ' if ns < found.ns else ''}{CAUSE_NAMES.get(cause, cause)}"


def _unremarkable(answer: JobAnswer) -> str:
    """That nothing is wrong with some part of the job, as far as is known."""
    if not answer.findings:
        return "no rank, host or group was found that costs time for certain"
    return "" if any(each.conclusive for each in answer.findings) else "no finding is certain"
