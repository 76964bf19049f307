"""NVTX ranges as rows of a trace, without a text between: what a reader makes of the rows in `kineto_rows`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.few_distinct import few_distinct
from gpu_trace_analyzers.model import MISSING, RangeKind, Ranges

from .kineto_rows import DEFAULT_DOMAINS, category_of, opaque, payloads_of
from .records import EventKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from gpu_trace_analyzers.model import Int64
    from gpu_trace_analyzers.readers.base.building import TraceBuilder

    from .records import ProcessRanges


def add(builder: TraceBuilder, ranges: ProcessRanges, base_ns: int) -> None:
    """Add the ranges of one program to a builder whose times count from ``base_ns`` (since 1970)."""
    if not len(ranges):
        return
    opening, strings = ranges.opening, ranges.texts.strings
    start_ns = opening["at_ns"] - base_ns
    colors = np.array([opaque(color) for color in opening["color"].tolist()], dtype=np.int64)

    def domain_of(number: int) -> str | None:
        domain = strings.get(number, "")
        return None if domain in DEFAULT_DOMAINS else domain

    builder.add(
        Ranges,
        start_ns=start_ns,
        end_ns=ranges.end_ns - base_ns,
        name=_codes_of(builder, opening["name"], lambda number: strings.get(number, "")),
        kind=np.full(len(ranges), RangeKind.NVTX),
        process=np.full(len(ranges), builder.process(ranges.pid)),
        thread=np.where(opening["kind"] == EventKind.START, MISSING, opening["thread"].astype(np.int64)),
        domain=_codes_of(builder, opening["domain"], domain_of),
        category=_codes(builder, (category_of(ranges, *event) for event in _categories(ranges))),
        color=np.where(opening["has_color"] != 0, colors, MISSING),
        payload=_codes(builder, (payload or None for payload in payloads_of(ranges))),
    )
    builder.note_stamps(start_ns)
    builder.resolution_ns = 1
    builder.events += len(ranges)


def _categories(ranges: ProcessRanges) -> Iterable[tuple[int, int]]:
    return zip(ranges.opening["domain"].tolist(), ranges.opening["category"].tolist(), strict=True)


def _codes_of(builder: TraceBuilder, numbers: NDArray[np.uint32], text_of: Callable[[int], str | None]) -> Int64:
    """The same of numbers that stand for texts: each text is looked up once, where it comes first."""
    found, place = few_distinct(numbers)
    first = np.empty(len(found), np.int64)
    first[place[::-1]] = np.arange(len(place))[::-1]  # the last to be written remains
    code, order = np.empty(len(found), np.int64), np.argsort(first)
    code[order] = _codes(builder, map(text_of, found[order].tolist()))
    return code[place]


def _codes(builder: TraceBuilder, texts: Iterable[str | None]) -> Int64:
    """Codes of texts, (n,) int64; `MISSING` where there is none."""
    return np.array([MISSING if text is None else builder.strings[text] for text in texts], dtype=np.int64)
