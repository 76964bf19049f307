"""The patient way through a block of events: one at a time, each one repaired, or skipped if that is impossible.

Damage in real files: files cut off, raw control characters, unescaped quotes and backslashes in names,
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

from ...vocabulary.kineto import Key
from .events import NO_ARGS, Args, Event, Id

# Times stay text: a float cannot hold them. NaN and infinities, which JSON does not know, are no value.
_decoder: Any = json.JSONDecoder(strict=False, parse_float=str, parse_constant=lambda _: None)
_scan = _decoder.scan_once
_GAP = re.compile(r"[\s,]*")
_ENDS_HERE = re.compile(r"\][\s,\]]*(?![\s,\]{])")
_KEYS = "ph|cat|name|pid|tid|ts|dur|args|id|bp|s"
# Each begins with a character that is never repeated by what follows it, so that no text takes quadratic time.
_NEXT_EVENT = re.compile(rf'\{{\s*"({_KEYS})"\s*:')
_NAME_BEGINS = re.compile(r'"name"\s*:\s*"')
_NAME_ENDS = re.compile(rf'"\s*(?:,\s*"(?:{_KEYS}|sort_index|labels)"\s*:|\}})')
_BARE_QUOTE = re.compile(r'(?<!\\)((?:\\\\)*)"')
_BAD_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|)')
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

LONGEST_EVENT = 1 << 24
"""Characters after which an event that does not end is given up; also the most metadata around the events."""

_FAR = 4096
_MOST_TOO_DEEP = 100
_LONGEST_BEGINNING = 4096
"""Characters in front of which a cut-off event may begin."""
_LONGEST_TOKEN = 12  # of JSON that may be cut in two and is reported where it begins: -Infinity, \ud83d\ude00

DAMAGED = "damaged event"
CUT_OFF = "event cut off by the end of the file"


class TooDeep(Exception):
    """So many objects nest a thousand deep that the text is not a trace: parsing each takes long."""


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
    too_deep: int = 0
    """objects so far that hold others a thousand deep"""


def walk(text: str, at_end: bool, too_deep: int = 0) -> Walk:
    """Take the events from a text that begins between two events; ``at_end``: nothing follows it in the file.

    ``too_deep`` is how many objects in front of it nest too deeply. Raises `TooDeep` at one too many.
    """
    out, at = Walk(too_deep=too_deep), 0
    while (at := _skip_gap(text, at)) < len(text):
        if at > _FAR and out.lost:
            text, at = text[at:], 0  # an error counts the lines in front of it
        if text[at] == "]" and (end := _ENDS_HERE.match(text, at)):
            if end.end() == len(text) and not at_end:
                out.rest = text[at:]
            else:
                out.after = text[at + 1 :]
            return out
        found, end_of_it = _object(text, at, out)
        if found is not None:
            _keep(out, found)
            at = end_of_it
            continue
        unfinished = end_of_it == len(text) and len(text) - at < LONGEST_EVENT
        behind = None if unfinished else _next_event(text, at + 1)
        if behind is None and not at_end:
            out.rest = text[at:] if len(text) - at < LONGEST_EVENT else _given_up(out, text[at:])
            return out
        _rescue(out, text[at:behind], last=behind is None)
        at = len(text) if behind is None else behind
    return out


def _given_up(out: Walk, garbage: str) -> str:
    """Count what is too long to be an event as lost, and keep what may begin one."""
    _rescue(out, garbage, last=False)
    begins = garbage.rfind("{", 1)
    return garbage[begins:] if 0 < len(garbage) - begins < _LONGEST_BEGINNING else ""


def _object(text: str, at: int, out: Walk) -> tuple[dict[str, Any] | None, int]:
    """The object that begins here, and where it ends; or None, and the end of the text where it is unfinished.

    Only an object is looked for: a stray ``[`` or quote would take in all events behind it.
    """
    if text[at] != "{":
        return None, at
    try:
        found: tuple[dict[str, Any], int] = _scan(text, at)
    except json.JSONDecodeError as error:
        unfinished = error.pos >= len(text) - _LONGEST_TOKEN or error.msg.startswith("Unterminated string")
        return None, len(text) if unfinished else at
    except StopIteration as stop:
        return None, len(text) if stop.value >= len(text) - _LONGEST_TOKEN else at
    except RecursionError as error:
        out.too_deep += 1
        if out.too_deep > _MOST_TOO_DEEP:
            raise TooDeep from error
        return None, at
    except ValueError:  # an integer of thousands of digits
        return None, at
    return found


def _skip_gap(text: str, at: int) -> int:
    gap = _GAP.match(text, at)
    return gap.end() if gap else at


def first_event(text: str) -> int | None:
    """Where the first object begins that looks like an event, for a file that does not say where its events are."""
    return _next_event(text, 0)


def _next_event(text: str, at: int) -> int | None:
    """Where the next object begins that looks like an event, and is not the value of a key, such as ``args``."""
    for found in _NEXT_EVENT.finditer(text, at):
        before = found.start() - 1
        while before >= at and text[before].isspace():
            before -= 1
        if before < at or text[before] != ":" or found[1] == "ph":
            return found.start()
    return None


def _keep(out: Walk, found: dict[str, Any]) -> None:
    if found:  # a final {} is how XLA ends its list
        out.events.append(_event(found))


def _rescue(out: Walk, segment: str, last: bool) -> None:
    """Repair one event, or count it as lost. The last one may include the end of the list."""
    for repaired in _repaired(segment):
        found, end = _object(repaired, 0, out)
        if found:
            _keep(out, found)
            out.repaired += 1
            behind = repaired[end:].lstrip(" \t\r\n,")
            out.after = behind[1:] if last and behind.startswith("]") else out.after
            return
    if segment.strip(" \t\r\n,[]{}"):
        out.lost[CUT_OFF if last else DAMAGED] += 1


def _repaired(segment: str) -> list[str]:
    """The segment with its bad escapes doubled, and further with the quotes inside its names escaped."""
    if not segment.startswith("{"):
        return []
    escaped = _BAD_ESCAPE.sub(lambda found: found[0] if found[1] else "\\\\", segment)
    return [escaped, _with_quoted_names(segment), _with_quoted_names(escaped)]


def _with_quoted_names(segment: str) -> str:
    """With the bare quotes in names escaped: a name ends where another key, or the end of the object, follows."""
    out, at = [], 0
    while (begin := _NAME_BEGINS.search(segment, at)) and (end := _NAME_ENDS.search(segment, begin.end())):
        out += [segment[at : begin.end()], _quoted(segment[begin.end() : end.start()])]
        at = end.start()
    return "".join([*out, segment[at:]])


def _quoted(name: str) -> str:
    """Without bare quotes, and without a backslash at the end that would swallow the quote behind it."""
    open_end = (len(name) - len(name.rstrip("\\"))) % 2
    return _BARE_QUOTE.sub(r'\1\\"', name) + "\\" * open_end


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
        recorded=_json(found[Key.RECORDED]) if Key.RECORDED in found else _NONE,
    )


def _args(found: dict[str, Any]) -> Args:
    known = {field.name: found[field.encode_name] for field in _ARGS if field.encode_name in found}
    for name, value in known.items():
        known[name] = _json(value) if name in _RAW else _id(value)
    return Args(**known)


def _json(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value).encode())


_ARGS = msgspec.structs.fields(Args)
_NONE = msgspec.Raw(b"")
_RAW = {field.name for field in _ARGS if field.default == _NONE}


def _text(value: object) -> str:
    return _LONE_SURROGATE.sub("\ufffd", value) if isinstance(value, str) else "" if value is None else str(value)


def _id(value: object) -> Id:
    if isinstance(value, str):
        return _text(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _raw(value: object) -> msgspec.Raw:
    usable = isinstance(value, (int, str)) and not isinstance(value, bool)
    return msgspec.Raw(str(value).replace("\0", "?").encode("utf-8", "replace") if usable else b"")
