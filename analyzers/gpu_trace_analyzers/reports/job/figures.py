"""What was read of the job, and how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import MISSING
from ...units import count, duration, share
from ..fields import Field, Nested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...job.answer import JobAnswer, Quantiles

QUANTILES = (
    Field("least"),
    Field("low", "a tenth of the ranks have less"),
    Field("median"),
    Field("high", "a tenth have more"),
    Field("most"),
    Field("most_rank", "the lowest rank that has it"),
)
READ = (
    Field("path", "the run, as it was given"),
    Field("ranks", "how many could be read"),
    Field(
        "world_size",
        "as the traces say; null if they do not agree or do not say",
        lambda answer, _: None if answer.world_size == MISSING else answer.world_size,
    ),
    Field("hosts_in_all", "how many hosts there are; `hosts` has those that stand out"),
)
LENGTHS = (
    Field("window_ns", "the time that `account` is of, over all ranks"),
    Field("job_ns", "from the begin of the first step compared to the end of the last, on corrected clocks"),
    Field(
        "ideal_ns", "what that would take if every rank computed as long as their mean and transfers took their median"
    ),
    Nested("step_ns", "the median step of each rank; null without steps", lambda answer, _: answer.step_ns, QUANTILES),
    Field(
        "warm_up_steps", "how many steps of a rank are left out at its begin as warm-up, at most; nothing is of them"
    ),
)


def read_line(answer: JobAnswer) -> str:
    """``runs/train-7 · 4,090 of 4,096 ranks on 512 hosts``."""
    ranks = count(answer.ranks, "rank")
    if answer.world_size not in (MISSING, answer.ranks):
        ranks = f"{answer.ranks:,} of {count(answer.world_size, 'rank')}"
    hosts = f" on {count(answer.hosts_in_all, 'host')}" if answer.hosts_in_all else ""
    return f"{answer.path} · {ranks}{hosts}"


def length_lines(answer: JobAnswer) -> Iterator[str]:
    """How long its steps took, and what all of it would take with ranks that are alike."""
    if answer.step_ns is not None:
        yield _steps(answer.step_ns, answer.warm_up_steps)
    elif answer.ranks:
        yield "no steps are compared"  # there are none, or the whole recording was asked for
    if answer.job_ns:
        what = "steps" if answer.step_ns is not None else "the recording"
        yield f"{what} took {duration(answer.job_ns)}; {_ideal(answer)}"


def _steps(step: Quantiles, warm_up_steps: int) -> str:
    """The median step, and that of the fastest and the slowest rank if these differ in what is printed."""
    median, least, most = map(duration, (step.median, step.least, step.most))
    left_out = f" without {count(warm_up_steps, 'warm-up step')}" if warm_up_steps else ""
    if least == most:
        return f"median step {median} on every rank{left_out}"
    return f"median step {median}{left_out}; by rank {least} to {most} (rank {step.most_rank})"


def _ideal(answer: JobAnswer) -> str:
    """With all ranks computing for their mean time, and all transfers of their median."""
    saved_ns = answer.job_ns - answer.ideal_ns
    less = f" ({share(saved_ns, answer.job_ns)} less)" if saved_ns > 0 else ""
    return f"{duration(answer.ideal_ns)}{less} if ranks and transfers were alike"
