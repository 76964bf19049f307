"""The plain way through a block of events: cut it after the last whole event, decode everything into typed structs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from .events import Event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LOOKS, _TRIES = 500, 12
"""Where a block may be cut shows only when it is decoded: a ``},{`` may lie inside one event's arguments."""


def typed_events(block: bytes) -> tuple[list[Event], bytes] | None:
    """The whole events of a block, and the rest that begins an unfinished one; None where it is not valid JSON."""
    start = len(block) - len(block.lstrip(b" \t\r\n,"))
    for end, rest in _cuts(block):
        events = decoded(b"[" + block[start:end] + b"]")
        if events is not None:
            return events, block[rest:]
    return None


def decoded(text: bytes, event: type[Event] = Event) -> list[Event] | None:
    """A JSON list of events; None where the text is not valid, or a field not of its type."""
    try:
        return _decoder(event)(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


@cache
def _decoder(event: type[Event]) -> Callable[[bytes], list[Event]]:
    return msgspec.json.Decoder(list[event]).decode  # type: ignore[valid-type]  # a type chosen at run time


def _cuts(block: bytes) -> Iterator[tuple[int, int]]:
    """The last places where an object ends and, past a comma, another begins: (end of it, beginning of the next)."""
    found, at = 0, len(block)
    for _ in range(_LOOKS):
        if found == _TRIES or (at := block.rfind(b"{", 0, at)) <= 0:
            break
        before = block[:at].rstrip(b" \t\r\n") if at < 200 else block[max(0, at - 200) : at].rstrip(b" \t\r\n")
        if not before.endswith(b","):
            continue
        before = before[:-1].rstrip(b" \t\r\n")
        if before.endswith(b"}"):
            found += 1
            yield max(0, at - 200) + len(before), at
