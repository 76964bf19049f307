"""What the account says of the idle time of a literal trace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.questions.account.idle.explain import explain_idle_time
from gpu_trace_analyzers.questions.account.pieces import joined
from gpu_trace_analyzers.questions.scope import Scope

if TYPE_CHECKING:
    from gpu_trace_analyzers.model import Trace
    from gpu_trace_analyzers.questions.explained import Explained


def found(trace: Trace) -> Explained:
    """The stretches of device 0, neighbors of one cause joined."""
    return joined(explain_idle_time(Scope(trace), 0))


def told(trace: Trace) -> list[tuple[str, int, int]]:
    """(cause, start, end) of each stretch, in order."""
    causes = found(trace)
    times = zip(causes.stretches.start_ns.tolist(), causes.stretches.end_ns.tolist(), strict=True)
    return [(rule.cause, *time) for (rule, _), time in zip(causes.each(), times, strict=True)]


def facts(trace: Trace, cause: str) -> list[tuple[str, int | None, str]]:
    """What decided, for each stretch of one cause."""
    every = [(rule, seen.fact) for rule, seen in found(trace).each()]
    return [(fact.words, fact.ns, fact.then) for rule, fact in every if rule.cause == cause]


def remedies(trace: Trace, cause: str) -> set[str]:
    """What helps against one cause."""
    return {rule.remedy for rule, _ in found(trace).each() if rule.cause == cause}
