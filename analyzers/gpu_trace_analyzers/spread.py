"""What do several runs say of one figure? Their median, and how far apart they are."""

from __future__ import annotations

from dataclasses import dataclass

ENOUGH_RUNS = 3
"""a side: with fewer, what lies outside the spread of both sides may still be chance"""


@dataclass(frozen=True, slots=True)
class Values:
    """One figure of the runs of one side, in their order; None where a run does not have it."""

    runs: tuple[float | None, ...]

    @property
    def complete(self) -> bool:
        """Whether every run has it."""
        return all(value is not None for value in self.runs)

    @property
    def known(self) -> list[float]:
        """The values that there are, the least first."""
        return sorted(value for value in self.runs if value is not None)

    @property
    def median(self) -> float | None:
        """Of an even number the mean of the middle two, of integers rounded down; None where a run has no value."""
        if not self.runs or not self.complete:
            return None
        low, high = self.known[(len(self.runs) - 1) // 2], self.known[len(self.runs) // 2]
        return (low + high) // 2 if isinstance(low, int) and isinstance(high, int) else (low + high) / 2

    @property
    def least(self) -> float | None:
        """The smallest of them."""
        return min(self.known, default=None)

    @property
    def most(self) -> float | None:
        """The largest of them."""
        return max(self.known, default=None)

    def meets(self, other: Values) -> bool:
        """Whether the ranges from the least to the most of both have a value in common."""
        mine, others = self.known, other.known
        return bool(mine and others) and mine[0] <= others[-1] and others[0] <= mine[-1]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after."""

    figure: str
    of_before: Values
    of_after: Values

    @property
    def before(self) -> float | None:
        """The median of the runs before; None where it does not exist, or what it belongs to does not."""
        return self.of_before.median

    @property
    def after(self) -> float | None:
        """The same of the runs after."""
        return self.of_after.median

    @property
    def within_spread(self) -> bool | None:
        """Whether the runs of both sides meet; None with one run on each side, or where a run has no value."""
        single = len(self.of_before.runs) == len(self.of_after.runs) == 1
        if single or not (self.of_before.complete and self.of_after.complete):
            return None
        return self.of_before.meets(self.of_after)

    @property
    def beyond_spread(self) -> bool | None:
        """Whether the sides are further apart than the runs of either: None as for `within_spread`.

        Of many figures that did not change, three runs a side are apart by chance in one of ten, and so far apart in
        one of 140.
        """
        if self.within_spread is None:
            return None
        before, after = self.of_before.known, self.of_after.known
        widest = max(before[-1] - before[0], after[-1] - after[0])
        return max(before[0] - after[-1], after[0] - before[-1]) > widest

    @property
    def by(self) -> float:
        """How much it changed; 0 where one side has none."""
        return 0 if self.before is None or self.after is None else self.after - self.before
