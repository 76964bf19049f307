"""The patient way through a block of events: one at a time, mending what can be mended, going on behind what cannot.

Damage seen in the wild: files cut off, raw control characters, quotes and backslashes in names that nobody escaped,
``NaN``, invalid UTF-8, duplicate keys, empty objects, several processes writing one file. An event counts as whole when
its fields can be told apart.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .events import NO_ARGS, Args, Event, Id

# Times stay text: a float cannot hold them. NaN and infinities, which JSON does not know, are no value.
_decoder: Any = json.JSONDecoder(strict=False, parse_float=str, parse_constant=lambda _: None)
_scan = _decoder.scan_once
_GAP = re.compile(r"[\s,]*")
_KEYS = "ph|cat|name|pid|tid|ts|dur|args|id|bp|s"
_NEXT_EVENT = re.compile(rf'(:)?\s*(\{{)\s*"(?:{_KEYS})"\s*:')
_NAME = re.compile(rf'("name"\s*:\s*")(.*?)("\s*(?:,\s*"(?:{_KEYS}|sort_index|labels)"\s*:|\}}))', re.DOTALL)
_BARE_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)"')
_BAD_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|)')
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

DAMAGED = "damaged event"
CUT_OFF = "event cut off by the end of the file"
REPAIRED = "repaired"


@dataclass
class Walk:
    """What a block gave."""

    events: list[Event] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    """events that could not be told apart, by reason"""
    repaired: int = 0
    rest: str = ""
    """begins an event that the block does not finish"""
    after: str | None = None
    """what follows the end of the list, once that was met"""


def walk(text: str, at_end: bool) -> Walk:
    """Take the events from a text that begins between two events; ``at_end``: nothing follows it in the file."""
    out, at = Walk(), 0
    while (at := _skip_gap(text, at)) < len(text):
        if text[at] == "]":
            out.after = text[at + 1 :]
            return out
        try:
            found, at = _scan(text, at)
        except (StopIteration, ValueError, RecursionError):
            behind = _next_event(text, at + 1)
            if behind is None and not at_end:
                out.rest = text[at:]
                return out
            _rescue(out, text[at:behind], last=behind is None)
            at = len(text) if behind is None else behind
        else:
            _keep(out, found)
    return out


def _skip_gap(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


def _next_event(text: str, at: int) -> int | None:
    """Where the next object begins that looks like an event, and is not the value of a key."""
    return next((found.start(2) for found in _NEXT_EVENT.finditer(text, at) if not found[1]), None)


def _keep(out: Walk, found: object) -> None:
    if not isinstance(found, dict):
        out.lost[DAMAGED] += 1
    elif found:  # a final {} is how XLA ends its list
        out.events.append(_event(found))


def _rescue(out: Walk, segment: str, last: bool) -> None:
    """Mend one event, or count it as lost. Of the last one the list's end may be part."""
    for mended in _mended(segment):
        try:
            found, end = _scan(mended, 0)
        except (StopIteration, ValueError, RecursionError):
            continue
        if isinstance(found, dict) and found:
            out.events.append(_event(found))
            out.repaired += 1
            behind = mended[end:].lstrip(" \t\r\n,")
            out.after = behind[1:] if last and behind.startswith("]") else out.after
            return
    if segment.strip(" \t\r\n,]}"):
        out.lost[CUT_OFF if last else DAMAGED] += 1


def _mended(segment: str) -> list[str]:
    """The segment with its bad escapes doubled, and further with the quotes inside its names escaped."""
    if not segment.startswith("{"):
        return []
    escaped = _BAD_ESCAPE.sub(lambda found: found[0] if found[1] else "\\\\", segment)
    quoted = _NAME.sub(lambda found: found[1] + _BARE_QUOTE.sub(r'\1\\"', found[2]) + found[3], segment)
    both = _NAME.sub(lambda found: found[1] + _BARE_QUOTE.sub(r'\1\\"', found[2]) + found[3], escaped)
    return [escaped, quoted, both]


def _event(found: dict[str, Any]) -> Event:
    args = found.get("args")
    return Event(
        ph=_text(found.get("ph", "")),
        cat=_text(found.get("cat", "")),
        name=_text(found.get("name", "")),
        pid=_id(found.get("pid")),
        tid=_id(found.get("tid")),
        ts=_raw(found.get("ts", "")),
        dur=_raw(found.get("dur", "")),
        args=_args(args) if isinstance(args, dict) and args else NO_ARGS,
    )


def _args(found: dict[str, Any]) -> Args:
    known = {field.name: found[field.encode_name] for field in _ARGS if field.encode_name in found}
    for name, value in known.items():
        known[name] = msgspec.Raw(json.dumps(value).encode()) if name in ("grid", "block") else _id(value)
    return Args(**known)


_ARGS = msgspec.structs.fields(Args)


def _text(value: object) -> str:
    return _LONE_SURROGATE.sub("\ufffd", value) if isinstance(value, str) else "" if value is None else str(value)


def _id(value: object) -> Id:
    if isinstance(value, str):
        return _text(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _raw(value: object) -> msgspec.Raw:
    usable = isinstance(value, (int, str)) and not isinstance(value, bool)
    return msgspec.Raw(str(value).encode("utf-8", "replace") if usable else b"")
