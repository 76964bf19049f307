"""What a trace file says beside its list of events."""

from __future__ import annotations

import json
import re
from typing import Any

_LIST = re.compile(rb'"traceEvents"\s*:\s*\[')
_PLAIN = re.compile(r'"(\w+)"\s*:\s*((?:0|[1-9][0-9]{0,18})(?=\s*[,}])|"[^"\\\x00-\x1f]*")')
BOM = b"\xef\xbb\xbf"

Document = dict[str, Any]
"""The top-level keys without ``traceEvents``; empty for a bare list of events."""


def events_begin(text: bytes) -> int | None:
    """Position behind the ``[`` of the list of events, in the beginning of a file; None where it is not there yet."""
    start = text.removeprefix(BOM).lstrip()
    if start.startswith(b"["):
        return text.index(b"[") + 1
    found = _LIST.search(text)
    return found.end() if found else None


def another_list(tail: bytes) -> int | None:
    """Position behind the ``[`` of one more list of events, where several processes wrote one file."""
    found = _LIST.search(tail)
    return found.end() if found else None


def parse(before: bytes, after: bytes) -> Document:
    """The document around the list of events, from the text up to its ``[`` and the text behind its ``]``.

    Where that is damaged, its plain numbers and texts.
    """
    head = before.removeprefix(BOM).decode("utf-8", "replace")
    for text in (head + "]" + after.decode("utf-8", "replace"), head + "]}"):
        try:
            found = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        return {key: found[key] for key in found if key != "traceEvents"} if isinstance(found, dict) else {}
    return {key: json.loads(value) for key, value in _PLAIN.findall(head)}
