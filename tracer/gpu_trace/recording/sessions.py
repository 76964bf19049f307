"""What each session of a process left: Kineto's text, records of the CUPTI recording library, or both."""

from __future__ import annotations

import mmap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..boot.contract import CUPTI, DEVICES, FAILED, KINETO, NOT_SAVED, RECORDS, session_file, session_of
from ..cupti_recording import records
from ..cupti_recording.records import ActivityKind
from ..cupti_recording.slices import RecordedProcess
from . import windows
from .kineto_text import KinetoText, NoTrace, highest_id, parse, raised
from .thread_ids import with_ids_of_linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ..cupti_recording.records import RecordedActivities
    from .notes import Notes
    from .thread_ids import Thread

    OfKernels = Callable[[RecordedActivities], dict[int, str]]
    """by correlation, more arguments of kernels' rows, as JSON without braces"""

_BYTES_PER_ROW = 250
"""about, as text"""
_HEAD = b'{"schemaVersion": 1, "deviceProperties": %b, "displayTimeUnit": "ms", "baseTimeNanoseconds": %d,\n'


@dataclass(frozen=True, slots=True)
class Recorded:
    """The records of one session. ``of_kernels`` are more arguments of kernels, as JSON without braces.

    By the correlation that the records have.
    """

    activities: RecordedActivities
    process: RecordedProcess
    of_kernels: Mapping[int, str]

    @property
    def highest_id(self) -> int:
        """No call has a higher one."""
        return int(self.activities.records["correlation"].max()) + self.process.raised


@dataclass(frozen=True, slots=True)
class Session:
    """What one session left. ``text`` is Kineto's, with no events where it saved none."""

    text: KinetoText
    recorded: Recorded | None = None

    @property
    def has_work(self) -> bool:
        """Whether anything of the script's was recorded."""
        return self.text.has_work or (self.recorded is not None and len(self.recorded.activities.records) > 0)

    @property
    def size(self) -> int:
        """About how many bytes its rows take as text."""
        return len(self.text.events) + (len(self.recorded.activities.records) * _BYTES_PER_ROW if self.recorded else 0)

    @property
    def calls(self) -> int:
        """How many calls the CUPTI recording library recorded."""
        return self.recorded.activities.count(ActivityKind.RUNTIME, ActivityKind.DRIVER) if self.recorded else 0


def read(
    raw: Path, pid: int, facts: Notes, threads: list[Thread], of_kernels: OfKernels = lambda _: {}
) -> tuple[list[Session], list[Thread], list[str]]:
    """The sessions of process ``pid``, in order, and what was wrong with them.

    Between them those of its ``threads`` that Kineto knew by other ids. Our own records have the right ones;
    ``of_kernels`` says more of their kernels. No two sessions have one id in common.
    """
    saved, damage = _saved_by_kineto(raw, pid, facts)
    renamed, found = with_ids_of_linux(list(saved.values()), pid, threads)
    texts = dict(zip(saved, renamed, strict=True))
    own = _own_records(raw, pid)
    base_ns = next((text.base_ns for text in texts.values()), 0) or _began_ns(own.values())
    sessions = []
    for number in sorted(texts.keys() | own.keys()):
        text, activities = texts.get(number) or KinetoText(_head(base_ns, facts), b""), own.get(number)
        text = replace(text, window=windows.window_of(number, facts, text, activities))
        process = RecordedProcess(pid, base_ns, _multiprocessors(text))
        recorded = Recorded(activities, process, of_kernels(activities)) if activities else None
        sessions.append(Session(text, recorded))
    return _with_distinct_ids(sessions), found, damage


def _with_distinct_ids(sessions: list[Session]) -> list[Session]:
    """CUPTI and torch may count from the start again in each session."""
    distinct: list[Session] = []
    above = 0
    for session in sessions:
        distinct.append(_raised(session, above) if above else session)
        if len(sessions) > 1:
            text, recorded = distinct[-1].text, distinct[-1].recorded
            above = max(above, highest_id(text), recorded.highest_id if recorded else 0) + 1
    return distinct


def _raised(session: Session, by: int) -> Session:
    recorded = session.recorded and replace(session.recorded, process=session.recorded.process._replace(raised=by))
    return Session(raised(session.text, by), recorded)


def _saved_by_kineto(raw: Path, pid: int, facts: Notes) -> tuple[dict[int, KinetoText], list[str]]:
    found = {_number(path): _parsed(path) for path in sorted(raw.glob(f"{session_file(KINETO, pid)}*"), key=_number)}
    texts = {number: text for number, text in found.items() if text is not None}
    told = sum(text.startswith(NOT_SAVED) for text in facts.all(FAILED))  # the reason is in the notes
    unread = len(found) - len(texts) - told
    damage = ["a part of the trace: the process ended while saving it"] * unread
    return texts, damage + [text.damage for text in texts.values() if text.damage]


def _parsed(path: Path) -> KinetoText | None:
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
            return parse(text)
    except (NoTrace, ValueError):  # ValueError: an empty file cannot be mapped
        return None


def _own_records(raw: Path, pid: int) -> dict[int, RecordedActivities]:
    found = {_number(path): records.read(path) for path in raw.glob(f"{session_file(CUPTI, pid)}*{RECORDS}")}
    return {number: activities for number, activities in found.items() if activities is not None}


def _number(path: Path) -> int:
    return session_of(path.name)


def _began_ns(recordings: Iterable[RecordedActivities]) -> int:
    return min((activities.began_ns for activities in recordings), default=0)


def _head(base_ns: int, facts: Notes) -> bytes:
    """Of a session that Kineto did not come to save."""
    return _HEAD % (facts.last(DEVICES).encode() or b"[]", base_ns)


def _multiprocessors(text: KinetoText) -> dict[int, int]:
    """Of each GPU, by index."""
    return {device["id"]: device["numSms"] for device in text.devices if {"id", "numSms"} <= device.keys()}
