"""What changed in the accounts of two sides: the first line, a table per device, and the section for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..questions.account.first import LEAST_SHARE
from ..spread import ENOUGH_RUNS
from ..units import NONE, count, duration, percent
from .owner_names import OWNER_NAMES
from .parts import Column, Kind, Table
from .sections.verdict import extent
from .spreads import change_cell, change_document, spread_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..comparison import Comparison
    from ..loss_changes import AccountChange, LossChange
    from ..spread import Change
    from ..summary import Summary

_EXTENTS = {"the time": "the whole recording", "the window": "the window that was asked for"}


def first_line(found: Comparison) -> str:
    """What changed most in the first losses of all devices; empty where no device has an account."""
    return f"{found.first.device}: {change_line(found.first)}" if found.first else ""


def change_line(account: AccountChange) -> str:
    """``idle 41.0 % -> 3.0 %: waiting for data gone``, without the name of the device."""
    compute = account.compute
    if compute.share.before is None or compute.share.after is None:
        return f"compared with nothing: no run {'before' if compute.share.before is None else 'after'} has it"
    if account.first is None:
        return f"{_from_to(compute)}; no fix would save {100 * LEAST_SHARE:g} % of the time on either side"
    loss, owner = account.first, account.owner_of(account.first)
    chance = ", within the spread of the runs" if loss.measure.within_spread and loss.measure.by else ""
    return f"{_from_to(owner)}: {_cause(loss, owner)}{chance}"


def _from_to(row: LossChange) -> str:
    """``idle 41.0 % -> 3.0 % (12.3 ms -> 1.02 ms per step)``."""
    each = row.step_ns
    steps = f" ({_time(each.before)} -> {_time(each.after)} per step)" if each else ""
    return f"{OWNER_NAMES[row.owner]} {_arrow(row.share)}{steps}"


def _cause(loss: LossChange, owner: LossChange) -> str:
    if loss.gone or loss.new:
        return f"{loss.title} {'gone' if loss.gone else 'is new'}"
    return loss.title if loss.ns == owner.ns else f"{loss.title} {_arrow(loss.share)}"


def _arrow(share: Change) -> str:
    before, after = percent(share.before), percent(share.after)
    return f"{before} on both sides" if before == after else f"{before} -> {after}"


def how_compared(found: Comparison) -> Iterator[str]:
    """Of which windows the shares are, and what the figures of several runs are."""
    before, after = (_extents(side) for side in (found.before, found.after))
    windows = f"{before} on both sides" if before == after else f"{before} before, and of {after} after"
    by_step = "; times are per step" if any(account.compute.step_ns for account in found.accounts) else ""
    yield f"shares are of {windows}{by_step}"
    if found.several:
        runs = f"{count(len(found.before), 'run')} before and {len(found.after)} after"
        yield f"figures are medians of {runs}; a change is within the spread if both sides overlap, from min to max"
    if found.several and min(len(found.before), len(found.after)) < ENOUGH_RUNS:
        yield f"a side has fewer than {ENOUGH_RUNS} runs, so a change outside the spread may still be chance"


def _extents(runs: Sequence[Summary]) -> str:
    said = [extent(run.account.steady) for run in runs if run.account]
    return " or ".join(dict.fromkeys(_EXTENTS.get(each, each) for each in said))


def account_table(account: AccountChange, several: bool) -> Table:
    """The owners of the time of one device, each with its causes; what took under 0.1 % everywhere is left out."""
    by_step = account.compute.step_ns is not None
    rows = [_row("compute", account.compute, several)]
    for owner in account.owners:
        causes = [loss for loss in account.of(owner.owner) if loss.worth_a_line]
        if len(causes) == 1 and causes[0].ns == owner.ns:
            rows.append(_row(f"{OWNER_NAMES[owner.owner]}: {causes[0].title}", owner, several))
        elif owner.worth_a_line:
            rows.append(_row(OWNER_NAMES[owner.owner], owner, several))
            rows += [_row(f"  {loss.title}", loss, several) for loss in causes]
    return Table((Column(f"account of {account.device}", kind=Kind.WORD), *_columns(by_step, several)), tuple(rows))


def _columns(by_step: bool, several: bool) -> tuple[Column, ...]:
    spreads = [Column("min to max", drop_order=order) for order in (1, 2)] if several else []
    shares = [Column("share", drop_order=3), Column("after", drop_order=4)] if by_step else []
    first, last = Column("per step" if by_step else "before"), Column("after")
    return (*shares, first, *spreads[:1], last, *spreads[1:], Column("change"))


def _row(name: str, row: LossChange, several: bool) -> tuple[str, ...]:
    shown = percent if row.step_ns is None else _time
    shares = [] if row.step_ns is None else [percent(row.share.before), percent(row.share.after)]
    cells = []
    for side in (row.measure.of_before, row.measure.of_after):
        cells += [shown(side.median), *([spread_cell(side, shown)] if several else [])]
    return (name, *shares, *cells, _difference(row))


def _difference(row: LossChange) -> str:
    if row.gone or row.new:
        return "gone" if row.gone else "new"
    return change_cell(row.measure, _time_difference if row.step_ns else _points)


def _points(change: Change) -> str:
    if change.before is None or change.after is None:
        return NONE
    if 0 < abs(change.by) < 0.0005:
        return "<0.1 points"
    return f"{'+' if change.by > 0 else '−'}{abs(100 * change.by):.1f} points" if change.by else "="


def _time_difference(change: Change) -> str:
    if change.before is None or change.after is None:
        return NONE
    sign = "+" if change.by > 0 else "−"
    return f"{sign}{duration(int(abs(change.by)))}{_relative(sign, change)}" if change.by else "="


def _relative(sign: str, change: Change) -> str:
    """How much that is of what it was; beyond ten times, how many times it is."""
    if not change.before or change.after is None:
        return ""
    times = change.after / change.before
    return f" ({times:,.0f}x)" if times > 10 else f" ({sign}{abs(100 * change.by / change.before):.1f} %)"


def _time(ns: float | None) -> str:
    return NONE if ns is None else duration(int(ns))


def account_document(found: Comparison) -> dict[str, object]:
    """The same for programs; shares are of ``window_ns``."""
    return {
        "text": first_line(found),
        "windows": {"before": _windows(found.before), "after": _windows(found.after)},
        "devices": [_device(account, found.several) for account in found.accounts],
    }


def _windows(runs: Sequence[Summary]) -> list[dict[str, object] | None]:
    steady = [run.account.steady if run.account else None for run in runs]
    fields = ("found_by", "steps", "first_step", "last_step")
    return [{name: getattr(each, name) for name in fields} if each else None for each in steady]


def _device(account: AccountChange, several: bool) -> dict[str, object]:
    return {
        "device": account.device,
        "text": change_line(account),
        "owners": [_loss(row, several) for row in (account.compute, *account.owners)],
        "losses": [_loss(row, several) | {"cause": row.cause, "title": row.title} for row in account.losses],
    }


def _loss(row: LossChange, several: bool) -> dict[str, object]:
    figures = {change.figure: change_document(change, several) for change in (row.share, row.ns)}
    each = None if row.step_ns is None else change_document(row.step_ns, several)
    return {"owner": row.owner.value} | figures | {"step_ns": each}
