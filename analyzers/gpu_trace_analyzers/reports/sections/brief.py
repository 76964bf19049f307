"""The short summary: are copies hidden by compute, if not why, and what would it save to change that?

A terminal shows it unless all is asked for. The verdict comes first, then where the time of the device went, with the
fix of each large loss; last what was read. Its sentences are those of `sections`; what is in it is decided here alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...questions.account.first import LEAST_SHARE, first_of
from ...units import count
from ...vocabulary.losses import Owner
from ..owner_names import OWNER_NAMES
from ..parts import Facts, Note, Portion, Portions, Section, Source
from .compute import held_back
from .device import ratio_lines, unrecorded_lines
from .devices import at_work, device_sections
from .losses import shortens_copies
from .notes import figure_notes
from .source import source_line
from .verdict import cause_of, device_verdict, saves, window_line
from .work import work_sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...questions.account.losses import DeviceAccount, Loss
    from ...questions.overlap import DeviceFigures
    from ...summary import Summary
    from ..parts import Part

MOST_DEVICES = 2
"""so many fit on a screen of 24 lines"""
MOST_LOSSES = 3
"""of a device that are named"""


def brief_sections(summary: Summary) -> Iterator[Section]:
    """What of a summary fits on a screen. Tables of the work are in it where they are asked for."""
    of_one = _only_device if len(summary.shown_devices) == 1 else _one_of_several
    yield from device_sections(summary, MOST_DEVICES, of_one)
    yield from work_sections(summary, at_work(summary, MOST_DEVICES))
    yield _read(summary)


def _read(summary: Summary) -> Section:
    window = window_line(summary, with_tables=False)
    lines = (Source(line) for line in (window, source_line(summary)) if line)
    return Section("", (*map(Note, figure_notes(summary)), *lines))


def _only_device(figures: DeviceFigures, summary: Summary) -> Section:
    parts: list[Part] = [
        device_verdict(figures, summary, of_compute=lambda _: []),
        Facts((*ratio_lines(figures, with_span=False), *unrecorded_lines(figures))),
    ]
    account = summary.account.of(figures.position) if summary.account else None
    if account and account.window_ns:
        computes = [] if first_of(account).losses else held_back(summary.answer_of(figures.position))
        parts.append(Portions(tuple(_portions(account, figures.headroom_ns, computes))))
    return Section(figures.device.label, tuple(parts), of_device=True)


def _one_of_several(figures: DeviceFigures, summary: Summary) -> Section:
    """Its verdict alone, with the fixes of the losses that this names, and that of its copies."""
    account = summary.account.of(figures.position) if summary.account else None
    fixes = _fixes(account) if account else ()
    verdict = device_verdict(figures, summary, held_back)
    return Section(figures.device.label, (replace(verdict, below=(*verdict.below, *fixes)),), of_device=True)


def _fixes(account: DeviceAccount) -> Iterator[str]:
    named = first_of(account).losses
    yield from (f"fix: {loss.remedy}" for loss in named if loss.remedy)
    for loss in _copies(account)[:1]:
        if loss not in named and loss.remedy and loss.saves_ns >= LEAST_SHARE * account.window_ns:
            yield f"to hide copies: {loss.remedy} ({saves(loss)})"


def _portions(account: DeviceAccount, headroom_ns: int, computes: Sequence[str]) -> Iterator[Portion]:
    """All of its time: what it computed, the losses that matter, with fixes of those that decide, and the others.

    ``computes`` says what holds the computing back.
    """
    yield Portion("compute", OWNER_NAMES[Owner.COMPUTE], account.compute_ns, account.window_ns, tuple(computes))
    named, decisive = _named(account), _decisive(account)
    for loss in account.losses:
        if loss.id in named:
            yield _portion(loss, account, _fix(loss, headroom_ns) if loss in decisive else ())
    others = [loss for loss in account.losses if loss.id not in named]
    if len(others) == 1:
        yield _portion(others[0], account)
    elif others:
        total_ns = sum(loss.ns for loss in others)
        yield Portion("other", count(len(others), "other loss", "other losses"), total_ns, account.window_ns)


def _named(account: DeviceAccount) -> frozenset[str]:
    """Those that decide, and others that are large, by their ids."""
    large = (loss for loss in account.losses if loss.ns >= LEAST_SHARE * account.window_ns)
    ids = (loss.id for loss in (*_decisive(account), *large))
    return frozenset(list(dict.fromkeys(ids))[:MOST_LOSSES])


def _decisive(account: DeviceAccount) -> list[Loss]:
    """The losses of the first line, and the largest of exposed copies: their fixes answer what there is to save."""
    return [*first_of(account).losses, *_copies(account)[:1]]


def _copies(account: DeviceAccount) -> list[Loss]:
    """Why copies were exposed, the longest first."""
    return sorted(account.loss(Owner.COPY), key=lambda loss: -loss.ns)


def _portion(loss: Loss, account: DeviceAccount, below: Sequence[str] = ()) -> Portion:
    waited = "; nothing waited for it" if _nothing_waited(loss) else ""
    text = f"{OWNER_NAMES[loss.owner]}: {cause_of(loss)}{waited}"
    return Portion(loss.owner.value, text, loss.ns, account.window_ns, tuple(below))


def _nothing_waited(loss: Loss) -> bool:
    return loss.owner in (Owner.COPY, Owner.COLLECTIVE) and loss.explained and bool(loss.remedy) and not loss.saves_ns


def _fix(loss: Loss, headroom_ns: int) -> tuple[str, ...]:
    """``fix saves up to 57.9 ms: copy on a side stream``; empty where nothing can be done."""
    if not loss.remedy:
        return ()
    if not loss.explained or not loss.saves_ns:
        return (f"fix: {loss.remedy}",)
    shorter = " (it shortens copies)" if shortens_copies(loss, headroom_ns) else ""
    return (f"{saves(loss)}{shorter}: {loss.remedy}",)
