"""A table of rules asked in order, and what it says of stretches of time: the first rule that holds is the cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING
from .evidence import Fact, evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from ..model import Int64
    from .evidence import Evidence
    from .stretches import Stretches


@dataclass(frozen=True, slots=True)
class Rule:
    """A cause that a stretch of time can have.

    ``find`` looks for a witness in all stretches of a device at once: (n,) int64, `MISSING` where the rule does not
    hold, else a number that ``fact(stretches, i, witness)`` turns into words (mostly a row of one of the tables).
    """

    cause: str
    """stable key, for programs"""
    title: str
    """what people read: it completes "exposed 1.15 ms in 3 intervals:" or "idle 2.10 ms in 5 gaps:"."""
    remedy: str
    """what to do about it, in one line; empty where there is nothing to do"""
    find: Callable[[Stretches], Int64]
    fact: Callable[[Stretches, int, int], Fact]
    saves_whole_operation: bool = False
    """the remedy shortens the operation itself, so all of its time may be saved, not just what overlap could hide"""


@dataclass(frozen=True, slots=True)
class CauseFigures:
    """What one cause took of one device's time. The rows of a device add up to its exposed (or idle) time exactly."""

    device: int
    """position in ``Trace.devices``"""
    cause: str
    title: str
    ns: int
    count: int
    """stretches with this cause"""
    evidence: Evidence
    """of the longest of them"""
    remedy: str
    at_most_ns: int
    """the most that the remedy could save"""


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The stretches of one device, and for each the position in ``rules`` of its cause, and the rule's witness."""

    stretches: Stretches
    rules: tuple[Rule, ...]
    rule: Int64
    witness: Int64
    saves_ns: Int64 | None = None
    """how much of each would be saved at most if its cause were gone: (n,) int64; None: all of it"""

    @property
    def bound(self) -> Int64:
        """The same, as a column."""
        return self.stretches.ns if self.saves_ns is None else self.saves_ns

    def figures(self, at_most_ns: int) -> list[CauseFigures]:
        """A row per cause, the longest first; at most ``at_most_ns`` is saved.

        A remedy that shortens whole operations may save more.
        """
        ns = np.zeros(len(self.rules), dtype=np.int64)
        np.add.at(ns, self.rule, self.stretches.ns)
        order = np.argsort(-ns, kind="stable")
        return [self._row(int(r), int(ns[r]), at_most_ns) for r in order if ns[r]]

    def have(self, cause: str) -> NDArray[np.bool_]:
        """Which stretches have this cause."""
        return np.array([rule.cause == cause for rule in self.rules], dtype=np.bool_)[self.rule]

    def each(self) -> Iterator[tuple[Rule, Evidence]]:
        """The cause of each stretch in order, with its evidence."""
        return map(self.of, range(len(self.stretches)))

    def of(self, i: int) -> tuple[Rule, Evidence]:
        """The cause of stretch ``i``, with its evidence."""
        rule = self.rules[int(self.rule[i])]
        return rule, evidence(self.stretches, i, rule.fact(self.stretches, i, int(self.witness[i])))

    def _row(self, r: int, ns: int, at_most_ns: int) -> CauseFigures:
        rule, members = self.rules[r], np.flatnonzero(self.rule == r)
        longest = int(members[np.argmax(self.stretches.ns[members])])
        saves = 0 if not rule.remedy else ns if rule.saves_whole_operation else min(ns, at_most_ns)
        _, found = self.of(longest)
        return CauseFigures(self.stretches.device, rule.cause, rule.title, ns, len(members), found, rule.remedy, saves)


def explained_by(stretches: Stretches, rules: Sequence[Rule]) -> Explained:
    """Ask the rules in order; what none of them explains is `UNKNOWN`, which is always asked last."""
    table = (*rules, UNKNOWN)
    rule, witness = np.full(len(stretches), -1), np.full(len(stretches), MISSING)
    unexplained = np.arange(len(stretches))
    for position, candidate in enumerate(table):
        if not len(unexplained):
            break
        found = candidate.find(stretches)[unexplained]
        holds = found != MISSING
        rule[unexplained[holds]], witness[unexplained[holds]] = position, found[holds]
        unexplained = unexplained[~holds]
    return Explained(stretches, table, rule, witness)


UNKNOWN = Rule(
    cause="unknown",
    title="unknown",
    remedy="",
    find=lambda stretches: np.zeros(len(stretches), dtype=np.int64),
    fact=lambda _stretches, _i, _witness: Fact("no rule applies to it"),
)
