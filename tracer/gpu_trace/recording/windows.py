"""When did the sessions of a process record? In between nothing is known of it: not even that its GPUs were idle.

Each session notes when it is under way and when it is about to be stopped. Work can end after that, and is recorded up
to the moment at which the profiler says that it ended; so a session's window also holds all that is in its rows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..boot.contract import RECORDED_FROM, RECORDED_TO

if TYPE_CHECKING:
    from ..boot.contract import Numbers
    from ..cupti_recording.records import RecordedActivities
    from .kineto_text import KinetoText
    from .notes import Notes

    Window = tuple[int, int]
    """from when to when, in ns since 1970"""

_SPAN = re.compile(rb'"ts": (\d+)\.(\d{3}),\s*"dur": (\d+)\.(\d{3})')
_SPAN_BYTES = 400


def window_of(number: int, facts: Notes, text: KinetoText, own: RecordedActivities | None) -> Window | None:
    """That of the session of this number.

    ``text`` is what Kineto left of it, ``own`` are the records of the CUPTI recording library, None where it has none.
    Returns None where it does not say when it began, or where nothing says when it ended.
    """
    began, ended = _noted(facts, RECORDED_FROM, number), _noted(facts, RECORDED_TO, number)
    rows = _span(text) if own is None else own.extent_ns
    times = [*began, *ended, *(rows or ())]
    return (min(times), max(times)) if began and len(times) > 1 else None


def _noted(facts: Notes, key: Numbers, number: int) -> list[int]:
    return [at_ns for session, at_ns in facts.all(key) if session == number]


def _span(text: KinetoText) -> Window | None:
    """What Kineto says of its session: it leaves out all work of GPUs that is not wholly inside."""
    at = text.events.rfind(b'"cat": "Trace"')
    found = _SPAN.search(text.events, at, at + _SPAN_BYTES) if at >= 0 else None
    if found is None:
        return None
    start_ns, length_ns = (int(found[first] + found[first + 1]) for first in (1, 3))
    return text.base_ns + start_ns, text.base_ns + start_ns + length_ns


def needs_saying(windows: list[Window], others_ns: list[int]) -> bool:
    """Whether readers of the rows alone would get it wrong, given when else something is in the trace."""
    return len(windows) > 1 or any(not window[0] <= at_ns <= window[1] for window in windows for at_ns in others_ns)
