"""What the C library takes of a block, beside what Python's decoder finds in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.readers.chrome import DecodedSpans
from gpu_trace_analyzers.readers.chrome.compiled import IN_COLUMNS, LEFT, Scanner, built_library
from gpu_trace_analyzers.readers.chrome.typed import decoded
from gpu_trace_analyzers.readers.kineto.reader import _Reading, _wishes
from kineto_text import InMemory

if TYPE_CHECKING:
    import ctypes

    from gpu_trace_analyzers.readers.chrome.events import Event

SPAN = '{"ph":"X","cat":"kernel","name":"k","pid":0,"tid":7,"ts":1.5,"dur":2,"args":{"stream":7}}'
"""an event"""
AS_WRITTEN = {"grid", "block", "group_ranks", "shapes", "types", "values"}
INSERTED = [
    b'"',
    b"\\",
    b"\\u00e9",
    b"\\ud83d",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b" ",
    b"\n",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
]
INSERTED += [
    b"0",
    b"-",
    b".",
    b"e",
    b"1e3",
    b"null",
    b"true",
    b"NaN",
    b"9" * 20,
    b'"pid":1,',
    b'"args":{},',
    b'"ph":"X",',
]
"""of what damaged blocks are made"""


class Both:
    """The library, and what it must agree with."""

    def __init__(self, operators: bool, library: ctypes.CDLL | None = None) -> None:
        reading = _Reading(InMemory(), default_rules(), operators)
        self.distinct = reading.distinct
        self.wishes = _wishes(reading.takers)
        self.scanner = Scanner(library or built_library(), self.wishes, self.distinct)

    def agree_on(self, block: bytes) -> bool:
        """Whether the library takes a block; what it takes must be what the decoder finds."""
        dict(self.scanner.columns())
        skipped = self.scanner.skipped()
        taken = self.scanner.take(block)
        columns = dict(self.scanner.columns())
        if taken is None:
            assert not columns
            assert self.scanner.skipped() == skipped
            return False
        events = decoded(b"[%b]" % block[: len(block) - len(taken.rest)].strip(b" \t\r\n,"))
        assert events is not None
        left = [event for texts in taken.left.values() for text in texts for event in decoded(b"[%b]" % text)]
        assert len(events) == taken.others + len(left)
        for category, wish in self.wishes.items():
            of = [event for event in events if (event.ph, event.cat.lower()) == (wish.phase, category)]
            of = [event for event in of if not wish.names or any(is_so(event, name) for name in wish.names)]
            if wish.use == IN_COLUMNS:
                assert told(columns.get(category), wish.fields) == told(DecodedSpans(of, self.distinct), wish.fields)
            elif wish.use == LEFT:
                assert [event for event in left if event in of] == of
        return True


def is_so(event: Event, name) -> bool:
    if not (event.name == name.text if name.is_whole else event.name.startswith(name.text)):
        return False
    value = getattr(event.args, name.field) if name.field else True
    return bool(bytes(value)) if name.field in AS_WRITTEN else value is not None


def told(spans, fields):
    """All that columns say."""
    if spans is None or not len(spans):
        return None
    rows = range(len(spans))
    texts = [[spans.distinct.by_code[code] for code in spans.name.tolist()]]
    texts += [
        [spans.distinct.by_code[code] for code in spans.as_written(field).tolist()]
        for field in fields
        if field in AS_WRITTEN
    ]
    values = [spans.pid, spans.tid, *(spans.argument(field) for field in fields if field not in AS_WRITTEN)]
    times = spans.start.ns.tolist(), spans.duration.ns.tolist(), spans.start.have_decimals
    return texts, [column.at(rows) for column in values], times
