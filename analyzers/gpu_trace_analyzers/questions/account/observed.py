"""What did samples show of the host where no call and no range explains it?

They do not say why it was late, so that the cause is still not known. They can say at which line it worked or waited.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...model import ThreadState
from .idle.unobserved import HOST_UNOBSERVED
from .where import where

if TYPE_CHECKING:
    from ..explained import Explained, Rule
    from .where import Where

_WORK = ("host busy", "make this work cheaper, or do it ahead of the step or in another process")
_WAIT = ("host waiting", "do not wait there, or wait in another thread")
_TOLD = {
    ThreadState.RUNNING: _WORK,
    ThreadState.HOLDS_LOCK: _WORK,
    ThreadState.WAITING: _WAIT,
    ThreadState.WAITS_FOR_LOCK: ("host waiting for another thread to release the GIL", _WAIT[1]),
    ThreadState.UNKNOWN: ("host in Python code", _WORK[1]),
}
"""Title and remedy, by what the launching thread did in most samples."""


def observed(rule: Rule, seen: Where | None) -> Rule:
    """The rule as it is told of a loss: `HOST_UNOBSERVED` by what samples show, if most of it is at a line."""
    if rule.cause != HOST_UNOBSERVED.cause or seen is None or seen.lines is None:
        return rule
    title, remedy = _TOLD[seen.state]
    return replace(rule, title=title, remedy=remedy)


def titles(found: Explained) -> tuple[str, ...]:
    """The title of each rule, as losses tell it."""
    unseen = HOST_UNOBSERVED.cause
    seen = (where(found, found.rule == n) if rule.cause == unseen else None for n, rule in enumerate(found.rules))
    return tuple(observed(rule, looked).title for rule, looked in zip(found.rules, seen, strict=True))
