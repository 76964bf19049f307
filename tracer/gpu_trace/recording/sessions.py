"""What each session of a process left, as one text: Kineto's file, records of the CUPTI recording library, or both."""

from __future__ import annotations

import mmap
from dataclasses import replace
from io import BytesIO
from itertools import chain, islice
from typing import TYPE_CHECKING

from ..boot.contract import CUPTI, DEVICES, FAILED, KINETO, NOT_SAVED, RECORDS, session_file, session_of
from ..cupti_recording import kineto_rows, records
from ..cupti_recording.kineto_rows import RecordedProcess
from . import windows
from .kineto_text import KinetoText, NoTrace, parse, with_distinct_ids
from .thread_ids import with_ids_of_linux

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ..cupti_recording.records import RecordedActivities
    from .notes import Notes
    from .thread_ids import Thread

    OfKernels = Callable[[RecordedActivities], dict[int, str]]
    """by correlation, more arguments of kernels' rows, as JSON without braces"""

_BATCH = 10_000
"""rows: as text each takes several times the room of its record"""
_HEAD = b'{"schemaVersion": 1, "deviceProperties": %b, "displayTimeUnit": "ms", "baseTimeNanoseconds": %d,\n'


def read(
    raw: Path, pid: int, facts: Notes, threads: list[Thread], of_kernels: OfKernels = lambda _: {}
) -> tuple[list[KinetoText], list[Thread], list[str]]:
    """The sessions of process ``pid``, in order, as Kineto writes them, and what was wrong with them.

    Between them those of its ``threads`` that Kineto knew by other ids. Our own records have the right ones;
    ``of_kernels`` says more of their kernels.
    """
    saved, damage = _saved_by_kineto(raw, pid, facts)
    renamed, found = with_ids_of_linux(list(saved.values()), pid, threads)
    texts = dict(zip(saved, renamed, strict=True))
    own = _own_records(raw, pid)
    base_ns = next((text.base_ns for text in texts.values()), 0) or _began_ns(own.values())
    for number, activities in own.items():
        text = texts.get(number) or KinetoText(_head(base_ns, facts), b"")
        process = RecordedProcess(pid, base_ns, _multiprocessors(text))
        texts[number] = _with_rows(text, kineto_rows.rows(activities, process, of_kernels(activities)))
    timed = [
        replace(text, window=windows.window_of(number, facts, text, own.get(number)))
        for number, text in sorted(texts.items())
    ]
    return with_distinct_ids(timed), found, damage


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


def _with_rows(text: KinetoText, rows: Iterable[str]) -> KinetoText:
    joined, rows = BytesIO(), iter(rows)
    batches = (",\n".join(batch).encode() for batch in iter(lambda: list(islice(rows, _BATCH)), []))
    for number, piece in enumerate(chain(filter(None, [text.events]), batches)):
        joined.write(b",\n" * (number > 0) + piece)
    return replace(text, events=joined.getvalue())
