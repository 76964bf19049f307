"""The lanes of a page as its script reads them, from the text of the page or from what `Timeline` makes."""

from __future__ import annotations

import base64
import json
import re
import zlib
from dataclasses import dataclass
from itertools import accumulate


def data(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def unpacked(text):
    """The numbers, one after the other, as the page's script reads them."""
    value = shift = 0
    for byte in zlib.decompress(base64.b64decode(text)):
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


@dataclass
class Span:
    start: int
    end: int
    name: str
    stream: str | None = None
    range: str | None = None

    @property
    def times(self):
        return self.start, self.end


@dataclass
class Idle:
    """What a page knows of a device's idle time beside the times in which it was busy."""

    recorded: list[tuple[int, int]]
    cuts: list[int]
    names: list[str]


def lanes(document):
    """Of each group its lanes: name, kind, and the spans, or what is said of idle time."""
    numbers, names = unpacked(document["spans"]), document["names"]

    def column(count):
        return [next(numbers) for _ in range(count)]

    def known(count):
        return [names[code - 1] if code else None for code in column(count)]

    def spans(count):
        starts, lengths = [*accumulate(column(count))], column(count)
        return [(start, start + length) for start, length in zip(starts, lengths, strict=True)]

    for group in document["groups"]:
        found = []
        for lane in group["lanes"]:
            count = lane["count"]
            if lane["kind"] == "lost-idle":
                times, cuts = spans(lane["recorded"]), [*accumulate(column(lane["cuts"]))]
                said = Idle(times, cuts, [names[code] for code in column(count)])
            else:
                times = spans(count)
                told = zip([names[code] for code in column(count)], known(count), known(count), strict=True)
                said = [Span(*time, *each) for time, each in zip(times, told, strict=True)]
            found.append((lane["name"], lane["kind"], said))
        yield group["title"], found
    assert not list(numbers)
