"""The text of a trace as Kineto wrote it: cut into what stands before its events, the events, and what follows.

Kineto's text can be invalid: it writes range names unescaped, so one with a quote in it breaks the file, and a process
killed while it saves leaves half an event. What is valid passes through untouched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

_OPENING = re.compile(rb'"traceEvents"\s*:\s*\[')
_CLOSING = re.compile(rb"\]\s*(,[^\]\[]*)?\}\s*$")
_TAIL_BYTES = 1 << 16
_NAME = re.compile(rb'("(?:name|labels)": ")(.*?)("(?:,\s*"(?:pid|ph|ts|tid|cat|args)":|,?\s*\n))')
_EVENT_END = re.compile(rb"\}\s*,\s*\{")
_ESCAPES = {byte: f"\\u{byte:04x}".encode() for byte in (*range(0x20), ord('"'), ord("\\"))}


@dataclass(frozen=True, slots=True)
class KinetoText:
    """``head`` ends before ``"traceEvents"``, ``events`` stood between its brackets; ``damage`` says what had to go."""

    head: bytes
    events: bytes
    damage: str = ""


class NoTrace(Exception):
    """The text holds no list of events."""


def parse(text: bytes) -> KinetoText:
    """Cut a text, repairing it where it is not valid JSON. Raises `NoTrace`."""
    opening = _OPENING.search(text)
    if opening is None:
        raise NoTrace
    head = text[: opening.start()]
    if is_json(text):
        closing = _closing(text)
        if closing is not None:
            return KinetoText(head, text[opening.end() : closing].strip())
    return _repaired(head, text[opening.end() :])


def is_json(text: bytes) -> bool:
    """Whether the text is one valid JSON value. No objects are made of it."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _closing(text: bytes) -> int | None:
    start = max(0, len(text) - _TAIL_BYTES)
    found = _CLOSING.search(text, start)
    return found.start() if found else None


def _repaired(head: bytes, rest: bytes) -> KinetoText:
    closing = _closing(rest)
    events = (rest if closing is None else rest[:closing]).strip()
    events = _NAME.sub(_escaped, events)
    whole = events if is_json(b"[" + events + b"]") else _up_to_last_whole_event(events)
    damage = "" if len(whole) == len(events) else "events that were not saved whole"
    return KinetoText(head, whole, damage)


def _escaped(name: re.Match[bytes]) -> bytes:
    before, text, after = name.groups()
    plain = re.sub(rb'[\x00-\x1f"\\]', lambda found: _ESCAPES[found[0][0]], text)
    return before + plain.decode("utf-8", "replace").encode() + after


def _up_to_last_whole_event(events: bytes) -> bytes:
    """The longest prefix that is a list of whole events, of those that end shortly before the text does."""
    ends = [found.start() + 1 for found in _EVENT_END.finditer(events, max(0, len(events) - _TAIL_BYTES))]
    for end in reversed(ends):
        if is_json(b"[" + events[:end] + b"]"):
            return events[:end]
    return _whole_events_one_by_one(events)


def _whole_events_one_by_one(events: bytes) -> bytes:
    """Every event that is valid by itself; the slow way, for damage in the middle."""
    pieces = _EVENT_END.split(events)
    texts = [b"{" * (number > 0) + piece + b"}" * (number < len(pieces) - 1) for number, piece in enumerate(pieces)]
    return b",".join(text for text in texts if text.strip() and is_json(text))
