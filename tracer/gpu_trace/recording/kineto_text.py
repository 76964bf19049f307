"""The text of a trace as Kineto wrote it: cut into what stands before its events, the events, and what follows.

Kineto's text can be invalid: it writes range names unescaped, so one with a quote in it breaks the file; call stacks
can hold arbitrary bytes; a process killed while it saves leaves half an event. What is valid passes through untouched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from mmap import mmap

_OPENING = re.compile(rb'"traceEvents"\s*:\s*\[')
_BASE = re.compile(rb'"baseTimeNanoseconds": (\d+)')
_CLOSING = re.compile(rb"\]\s*(,[^\]\[]*)?\}\s*$")
_TAIL_BYTES = 1 << 16
_BLOCK = 1 << 22
_NAME_ON_A_LINE = re.compile(rb'(\n\s*"name": ")((?:(?!"\n\s*\}).)*?)(",\n\s*"(?:pid|ts)":)', re.DOTALL)
"""as torch 2.12 and later write it: a field a line; only the name of an event, no name among its arguments"""
_NAME_IN_A_LINE = re.compile(rb'("name": ")(.*)(", "(?:pid|ts)": )')
"""as earlier versions do: the first fields of an event on one line"""
_UNFIT_FOR_A_NAME = re.compile(rb'["\\\x00-\x1f]')
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_ID = re.compile(rb'("(?:correlation|External id|wait_on_cuda_event_record_corr_id|id)": )([1-9]\d*)')
"""but not 0, which stands for none"""
_OF_THE_SCRIPT = re.compile(rb'"cat": "(?!Trace"|overhead"|python_function"|ac2g")')
"""the category of an event, except those of a session that met nothing"""
_EVENT_END = re.compile(rb'\}\s*,\s*\{(?=\s*(?:"ph"|"?p?h?\Z))')


@dataclass(frozen=True, slots=True)
class KinetoText:
    """``head`` ends before ``"traceEvents"``, ``events`` stood between its brackets; ``damage`` says what had to go.

    ``window`` is when it was recorded, in ns since 1970; None where that is not known.
    """

    head: bytes
    events: bytes
    damage: str = ""
    window: tuple[int, int] | None = None

    @property
    def base_ns(self) -> int:
        """What its times count from, in ns since 1970; 0 where it does not say."""
        found = _BASE.search(self.head)
        return int(found[1]) if found else 0

    @property
    def has_work(self) -> bool:
        """Whether there is anything of the script's among its events: a call, an operator, a range, device activity."""
        return _OF_THE_SCRIPT.search(self.events) is not None

    @property
    def devices(self) -> list[dict[str, Any]]:
        """What Kineto says of the GPUs that the process could see, in the order of their indices."""
        try:
            return list(msgspec.json.decode(self.head.rstrip().rstrip(b",") + b"}").get("deviceProperties", []))
        except (msgspec.DecodeError, TypeError, AttributeError):
            return []


class NoTrace(Exception):
    """The text holds no list of events."""


def parse(text: bytes | mmap) -> KinetoText:
    """Cut a text, repairing it where it is not valid JSON. Raises `NoTrace`."""
    opening = _OPENING.search(text)
    if opening is None:
        raise NoTrace
    head = text[: opening.start()]
    if is_json(text):
        closing = _closing(text)
        if closing is not None and _is_utf8(events := text[opening.end() : closing]):
            return KinetoText(head, events.strip())
    return _repaired(head, text[opening.end() :])


def highest_id(part: KinetoText) -> int:
    """The highest id of an operator, a call or an arrow; 0 where it has none."""
    return max((int(found[2]) for found in _ID.finditer(part.events)), default=0)


def raised(part: KinetoText, by: int) -> KinetoText:
    """The same events with other ids."""
    events, written = BytesIO(part.events), BytesIO()
    while lines := events.readlines(_BLOCK):
        written.write(_ID.sub(lambda found: b"%b%d" % (found[1], int(found[2]) + by), b"".join(lines)))
    return replace(part, events=written.getvalue())


def is_json(text: bytes | mmap) -> bool:
    """Whether the text is one JSON value, except for its encoding. No objects are made of it."""
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    return True


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _closing(text: bytes | mmap) -> int | None:
    start = max(0, len(text) - _TAIL_BYTES)
    found = _CLOSING.search(text, start)
    return found.start() if found else None


def _repaired(head: bytes, rest: bytes) -> KinetoText:
    closing = _closing(rest)
    events = _valid(rest if closing is None else rest[:closing])
    if closing is not None and is_json(b"[" + events + b"]"):
        return KinetoText(head, events)
    pieces = _events_one_by_one(events)
    whole = [piece for piece in pieces if is_json(piece)]
    lost = len(pieces) - len(whole)
    cut = "; the process ended while saving them" if closing is None else ""
    return KinetoText(head, b",".join(whole), f"{lost} incomplete events{cut}")


def _valid(events: bytes) -> bytes:
    """UTF-8 throughout, names and control characters escaped: call stacks can hold names that were freed long ago."""
    return _CONTROL.sub(_escaped, _escaped_names(events.strip().decode("utf-8", "replace").encode()))


def _escaped_names(events: bytes) -> bytes:
    pattern = _NAME_ON_A_LINE if _NAME_ON_A_LINE.search(events) else _NAME_IN_A_LINE
    return pattern.sub(lambda found: found[1] + _UNFIT_FOR_A_NAME.sub(_escaped, found[2]) + found[3], events)


def _escaped(character: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % character[0][0]


def _events_one_by_one(events: bytes) -> list[bytes]:
    pieces = _EVENT_END.split(events.rstrip(b", \n"))
    return [b"{" * (number > 0) + piece + b"}" * (number < len(pieces) - 1) for number, piece in enumerate(pieces)]
