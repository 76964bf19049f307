"""What is worth a note on a device's timeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.questions.account.copies import copy_rules
from gpu_trace_analyzers.reports.sections.causes import evidence_lines
from gpu_trace_analyzers.units import duration

from .account import SPENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.questions.explained import Explained

MOST_WITH_EVIDENCE = 1000
"""Of each device the longest so many get their evidence in words: that is looked up one by one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A note on ``[start_ns, end_ns)`` of a device, given by its position in ``Trace.devices``."""

    device: int
    start_ns: int
    end_ns: int
    title: str
    text: str

    def later(self, by_ns: int) -> Finding:
        """The same on a clock that shows ``by_ns`` more."""
        return replace(self, start_ns=self.start_ns + by_ns, end_ns=self.end_ns + by_ns)


def findings_of(analysis: Analysis) -> Iterator[Finding]:
    """All of a trace: its worst place, then its exposed copies."""
    worst = worst_place(analysis)
    if worst:
        yield worst
    yield from exposed_copies(analysis)


def worst_place(analysis: Analysis) -> Finding | None:
    """The longest stretch of the loss that the verdict names; None where it names none."""
    first = analysis.account.first
    if first is None or not first.losses:
        return None
    loss = first.losses[0]
    title = f"worst place: {SPENT[loss.owner]}, {loss.title}"
    whole = f"{duration(loss.ns)} in {loss.count:,} stretch{'es' if loss.count > 1 else ''}"
    text = f"{'; '.join((whole, *evidence_lines(loss.evidence)))}{_fix(loss.remedy)}"
    return Finding(loss.device, loss.evidence.start_ns, loss.evidence.end_ns, title, text)


def exposed_copies(analysis: Analysis) -> Iterator[Finding]:
    """A finding for each stretch of exposed copy, with its cause; those of a device add up to its exposed copy time.

    The causes are those of the account.
    """
    for device in analysis.devices:
        yield from _of_device(device, analysis.exposed_copies_of(device, copy_rules(analysis.trace.devices[device])))


def _of_device(device: int, explained: Explained) -> Iterator[Finding]:
    stretches = explained.stretches
    longest = set(np.argsort(-stretches.ns, kind="stable")[:MOST_WITH_EVIDENCE].tolist())
    rows = zip(stretches.start_ns.tolist(), stretches.end_ns.tolist(), explained.rule.tolist(), strict=True)
    for i, (start_ns, end_ns, rule) in enumerate(rows):
        text = f"{duration(end_ns - start_ns)} of copy time without compute"
        if i in longest:
            text += _because(explained, i)
        yield Finding(device, start_ns, end_ns, f"exposed: {explained.rules[rule].title}", text)


def _because(explained: Explained, i: int) -> str:
    rule, known = explained.of(i)
    _longest, *decided = evidence_lines(known)
    range_ = f", range {known.range}" if known.range else ""
    what = "; ".join((f"{known.operation} on {known.place}{range_}", *decided))
    return f": {what}{_fix(rule.remedy)}"


def _fix(remedy: str) -> str:
    return f". Fix: {remedy}" if remedy else ""
