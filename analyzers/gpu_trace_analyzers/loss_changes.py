"""Which losses of the account changed between two sides of runs, as shares of the window and as time per step?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .questions.account.first import first_of
from .spread import Change, Values
from .vocabulary.losses import Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .questions.account.losses import DeviceAccount, Loss
    from .questions.steady.window import Steady


@dataclass(frozen=True, slots=True)
class Run:
    """The account of one device in one run."""

    account: DeviceAccount
    steady: Steady

    @property
    def steps(self) -> int | None:
        """How many steps its window has; None where steps did not decide it."""
        first, last = self.steady.first_step, self.steady.last_step
        return None if first is None or last is None else last - first + 1


Runs = tuple["Run | None", ...]
"""of one device on one side; None where a run does not have the device"""


@dataclass(frozen=True, slots=True)
class LossChange:
    """What one owner (or one cause of it) took of a device before and after."""

    owner: Owner
    cause: str
    """empty for all causes of the owner together"""
    title: str
    share: Change
    """of the window; windows differ in length, so times do not compare"""
    ns: Change
    step_ns: Change | None
    """per step, rounded down; None where not every run has steps of the same name"""

    @property
    def measure(self) -> Change:
        """What tells how much it changed: the time per step where there is one, else the share of the window."""
        return self.step_ns or self.share

    @property
    def gone(self) -> bool:
        """Whether it was there before, and is in no run after."""
        return bool(self.ns.before) and not any(self.ns.of_after.runs) and self.ns.after is not None

    @property
    def new(self) -> bool:
        """Whether it was in no run before."""
        return bool(self.ns.after) and not any(self.ns.of_before.runs) and self.ns.before is not None

    @property
    def worth_a_line(self) -> bool:
        """Whether it took a thousandth of the window in any run."""
        return any((share or 0) >= 0.001 for share in (*self.share.of_before.runs, *self.share.of_after.runs))


@dataclass(frozen=True, slots=True)
class AccountChange:
    """The accounts of one device side by side."""

    device: str
    compute: LossChange
    owners: tuple[LossChange, ...]
    """of all owners but compute, the largest first"""
    losses: tuple[LossChange, ...]
    """of each owner and cause, the largest first"""
    first: LossChange | None
    """of the losses in the first lines of the runs, the one that changed most; None where no run has one"""

    @property
    def changed(self) -> tuple[bool, float]:
        """How much of the window the first loss gained or lost; a change beyond the spread of the runs is more."""
        row = self.first or self.compute
        return not row.measure.within_spread, abs(row.share.by)

    def owner_of(self, loss: LossChange) -> LossChange:
        """All that its owner took."""
        return next(row for row in self.owners if row.owner is loss.owner)

    def of(self, owner: Owner) -> tuple[LossChange, ...]:
        """The causes of one owner."""
        return tuple(loss for loss in self.losses if loss.owner is owner)


def account_change(device: str, before: Runs, after: Runs) -> AccountChange | None:
    """Match the losses of one device by their ids, else by owner and cause; None where no run has an account of it."""
    sides = _Sides(before, after)
    if not sides.present:
        return None
    rows = _matched([run.account.losses if run else () for run in (*before, *after)])
    losses = sorted((sides.change(row.one.owner, row.one, row.losses) for row in rows), key=_largest)
    owners = sorted((sides.of_owner(owner) for owner in Owner if owner is not Owner.COMPUTE), key=_largest)
    named = {(loss.owner, loss.cause) for run in sides.present for loss in first_of(run.account).losses}
    first = [loss for loss in losses if (loss.owner, loss.cause) in named]
    return AccountChange(
        device, sides.of_owner(Owner.COMPUTE), tuple(owners), tuple(losses), max(first, key=_changed, default=None)
    )


def _largest(row: LossChange) -> float:
    return -max((share or 0) for share in (*row.share.of_before.runs, *row.share.of_after.runs))


def _changed(row: LossChange) -> tuple[bool, float]:
    """What is beyond the spread of the runs comes before what is within it."""
    return (not row.measure.within_spread, abs(row.measure.by))


@dataclass(slots=True)
class _Row:
    """One loss in all runs; None where a run does not have it."""

    one: Loss
    losses: list[Loss | None]


def _matched(runs: Sequence[Sequence[Loss]]) -> list[_Row]:
    """A row for each loss; of each run, its losses find their rows by id first, and then by owner and cause."""
    rows: list[_Row] = []
    for i, losses in enumerate(runs):
        rest = list(losses)
        for same in (_same_id, _same_cause):
            rest = [loss for loss in rest if not _placed(rows, i, loss, same)]
        rows += [_Row(loss, [loss if n == i else None for n in range(len(runs))]) for loss in rest]
    return rows


def _placed(rows: Iterable[_Row], run: int, loss: Loss, same: Callable[[Loss, Loss], bool]) -> bool:
    """Whether a row without a loss of this run took it."""
    for row in rows:
        if row.losses[run] is None and any(other and same(other, loss) for other in row.losses):
            row.losses[run] = loss
            return True
    return False


def _same_id(one: Loss, other: Loss) -> bool:
    return one.id == other.id


def _same_cause(one: Loss, other: Loss) -> bool:
    return (one.owner, one.cause) == (other.owner, other.cause)


@dataclass(frozen=True, slots=True)
class _Sides:
    """The runs of one device on both sides."""

    before: Runs
    after: Runs

    @property
    def present(self) -> list[Run]:
        """Those that have the device."""
        return [run for run in (*self.before, *self.after) if run]

    @property
    def by_step(self) -> bool:
        """Whether times per step compare: every run has steps, of a range of one name."""
        names = {run.steady.steps for run in self.present}
        return all(run.steps for run in self.present) and len(names) == 1 and "" not in names

    def of_owner(self, owner: Owner) -> LossChange:
        """All that an owner took."""
        ns = [None if run is None else _spent_ns(run.account, owner) for run in (*self.before, *self.after)]
        return self._row(owner, "", owner.value, ns)

    def change(self, owner: Owner, one: Loss, losses: Sequence[Loss | None]) -> LossChange:
        """What one loss took: nothing where a run has the device and not the loss."""
        runs = (*self.before, *self.after)
        ns = [None if run is None else loss.ns if loss else 0 for run, loss in zip(runs, losses, strict=True)]
        titles = dict.fromkeys(loss.title for loss in losses if loss)
        return self._row(owner, one.cause, " or ".join(titles), ns)

    def _row(self, owner: Owner, cause: str, title: str, ns: Sequence[int | None]) -> LossChange:
        runs = list(zip((*self.before, *self.after), ns, strict=True))
        windows = [(run.account.window_ns if run else 0, taken) for run, taken in runs]
        share = [None if taken is None or not window_ns else taken / window_ns for window_ns, taken in windows]
        steps = [(run.steps if run else 0, taken) for run, taken in runs]
        step_ns = [None if taken is None or not number else taken // number for number, taken in steps]
        each = self._change("step_ns", step_ns) if self.by_step else None
        return LossChange(owner, cause, title, self._change("share", share), self._change("ns", ns), each)

    def _change(self, figure: str, values: Sequence[float | None]) -> Change:
        cut = len(self.before)
        return Change(figure, Values(tuple(values[:cut])), Values(tuple(values[cut:])))


def _spent_ns(account: DeviceAccount, owner: Owner) -> int:
    return account.compute_ns if owner is Owner.COMPUTE else sum(loss.ns for loss in account.loss(owner))
