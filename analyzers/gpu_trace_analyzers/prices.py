"""What does ending each loss save? As it was predicted from the dependencies, in place of the most that it could."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .questions.account.first import first_of
from .questions.account.losses import in_order
from .questions.scope import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .questions.account.account import Account
    from .questions.account.job import JobFirst
    from .questions.account.losses import DeviceAccount, Loss
    from .summary import Summary
    from .whatif.document import Entry

Price = tuple[int, int]
"""what ending a loss saves, and by how much that may be wrong; in ns"""
NOTHING = (0, 0)
ALIKE = 0.8
"""share that the windows of a prediction and of an account have in common, of all that either has: below it the
prediction is of another time"""


def priced(summary: Summary, entries: Iterable[Entry]) -> Summary:
    """The summary with what the predictions say of its losses, where one is of the window of its account."""
    account = summary.account
    if account is None or not summary.devices:
        return summary
    window = account.steady.window or _span(summary)
    telling = (each for each in entries if each.remedies or each.vain)
    entry = max(telling, key=lambda each: _common(each, window), default=None)
    if entry is None or _common(entry, window) < ALIKE:
        return summary
    return replace(summary, account=_priced(account, _prices(account, entry)))


def _span(summary: Summary) -> Window:
    """Where the account has no window of its own: from the first operation of any device to the end of the last."""
    windows = [figures.window for figures in summary.devices]
    return Window(min(each.start_ns for each in windows), max(each.end_ns for each in windows))


def _common(entry: Entry, window: Window) -> float:
    """What both windows have, as a share of what either has."""
    own = entry.window
    both_ns = min(own.end_ns, window.end_ns) - max(own.start_ns, window.start_ns)
    any_ns = max(own.end_ns, window.end_ns) - min(own.start_ns, window.start_ns)
    return max(0, both_ns) / max(1, any_ns)


def _prices(account: Account, entry: Entry) -> dict[str, Price]:
    """By the id of a loss, what ending it saves: of several losses with the cause of a change, of the largest."""
    losses = sorted((loss for each in account.devices for loss in each.losses), key=lambda loss: -loss.ns)
    found = {loss.id: NOTHING for loss in losses if loss.cause in entry.vain}
    for remedy in reversed(entry.remedies):  # those that save more come first, and count
        loss = next((loss for loss in losses if loss.cause == remedy.cause), None)
        if loss is not None:
            found[loss.id] = max(0, remedy.gain_ns), remedy.error_ns
    return found


def _priced(account: Account, prices: dict[str, Price]) -> Account:
    devices = tuple(_with_prices(each, prices) for each in account.devices)
    job = _job(account.job, devices) if account.job else None
    return replace(account, devices=devices, job=job, first=job.first if job else None)


def _with_prices(account: DeviceAccount, prices: dict[str, Price]) -> DeviceAccount:
    return replace(account, losses=in_order(_with_price(loss, prices.get(loss.id)) for loss in account.losses))


def _with_price(loss: Loss, price: Price | None) -> Loss:
    return loss if price is None else replace(loss, about_ns=price[0], error_ns=price[1])


def _job(job: JobFirst, devices: tuple[DeviceAccount, ...]) -> JobFirst:
    """Of several devices the first line stays what it was about; that of a single one may be about another loss now."""
    account = next(each for each in devices if each.device == job.first.account.device)
    if job.of == 1:
        return replace(job, first=first_of(account))
    by_id = {loss.id: loss for loss in account.losses}
    losses = tuple(by_id[loss.id] for loss in job.first.losses)
    return replace(job, first=replace(job.first, account=account, losses=losses))
