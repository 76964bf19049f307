"""What of a job fits on a screen: all findings that cost something first, then where the time went.

A `Room` says how much is told; `text` takes the largest that fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..parts import Findings, Remark, Section, Source, Verdict
from .account import account_line, account_table
from .figures import length_lines, read_line
from .findings import found, more_line
from .sections import notes
from .verdict import culprit, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...job.answer import JobAnswer
    from ..parts import Found, Part

MOST_FINDINGS = 12
MOST_UNCERTAIN = 3
"""of these the ones that are not certain"""
MOST_CAUSES = 4


@dataclass(frozen=True, slots=True)
class Room:
    """How much a screen has room for."""

    findings: int
    sentences: int
    """so many findings are told in a sentence, and the others in a few words"""
    remedies: int
    """so many have their next step"""
    causes: int | None
    """so many causes are in the table of the account; None: there is no table, but a line"""


def rooms(answer: JobAnswer) -> tuple[list[Room], list[Room]]:
    """Those with a table of the account, and those with a line in its place, each from the largest to the smallest.

    Causes go first, then findings that are not certain, later remedies, the table, sentences, and the last findings.
    """
    certain = min(MOST_FINDINGS, sum(each.conclusive for each in answer.findings))
    shown = min(certain + MOST_UNCERTAIN, len(answer.findings), MOST_FINDINGS)
    one = min(1, certain)
    with_table = [
        *(Room(shown, shown, shown, causes) for causes in range(MOST_CAUSES, -1, -1)),
        *(Room(each, each, certain, 0) for each in range(shown, certain, -1)),
        *(Room(certain, certain, remedies, 0) for remedies in range(certain, one - 1, -1)),
    ]
    without = [
        *(Room(certain, certain, remedies, None) for remedies in range(certain, one - 1, -1)),
        *(Room(certain, sentences, one, None) for sentences in range(certain - 1, one, -1)),
        *(Room(fewer, min(fewer, one), min(fewer, one), None) for fewer in range(certain, -1, -1)),
    ]
    return with_table, without


def screen(answer: JobAnswer, room: Room) -> Iterator[Section]:
    """Its sections."""
    yield Section("", (Verdict(verdict(answer), tuple(length_lines(answer))),))
    if answer.findings:
        yield Section("", tuple(_findings(answer, room)))
    if answer.window_ns:
        line = Source(account_line(answer))
        yield Section("", (line if room.causes is None else account_table(answer, room.causes),))
    yield Section("", (*notes(answer), Source(read_line(answer))))


def _findings(answer: JobAnswer, room: Room) -> Iterator[Part]:
    yield Findings(tuple(_found(answer, position, room) for position in range(room.findings)))
    if more := more_line(answer, room.findings):
        yield Remark(more)


def _found(answer: JobAnswer, position: int, room: Room) -> Found:
    finding = answer.findings[position]
    whole = found(finding, answer)
    told = whole if position < room.sentences else replace(whole, text=culprit(finding))
    return told if position < room.remedies else replace(told, remedy="")
