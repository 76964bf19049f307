"""Why copies were exposed and devices idle, for programs; and evidence in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import duration
from ..fields import Field, Nested, Rows
from .device import DEVICE, LABEL

if TYPE_CHECKING:
    from ...questions.evidence import Evidence, Fact

_CAUSE = (
    DEVICE,
    Field("cause"),
    Field("title"),
    Field("ns"),
    Field("count"),
    Field("evidence", "the longest interval or gap in words", lambda row, _: "; ".join(evidence_lines(row.evidence))),
    Nested(
        "longest",
        "the same as data",
        lambda row, _: row.evidence,
        (
            Field("start_ns"),
            Field("end_ns"),
            Field("operation"),
            Field("stream"),
            Field("call"),
            Field("call_ns"),
            Field("range"),
        ),
    ),
    Field("remedy"),
    Field("at_most_ns"),
)
FIELDS = (
    Rows(
        "exposed",
        "per device and [cause](causes.md)",
        lambda summary, _: summary.exposed,
        _CAUSE,
        table="exposed",
        first=(DEVICE, LABEL),
    ),
    Rows(
        "idle", "the same for idle time", lambda summary, _: summary.idle, _CAUSE, table="idle", first=(DEVICE, LABEL)
    ),
)


def evidence_lines(found: Evidence) -> tuple[str, ...]:
    """The longest interval or gap of a cause: the operation in it or after it; its launch, what decided, the steps."""
    longest = f"longest {duration(found.end_ns - found.start_ns)}"
    if not found.operation:
        return tuple(filter(None, (longest, _decided(found), found.steps)))
    where = f" on {found.place}" if found.place else ""
    owner = f", range {found.range}" if found.range else ""
    first = f"{longest}: {'before ' if found.follows else ''}{found.operation}{where}{owner}"
    return tuple(filter(None, (first, _decided(found), found.steps)))


def _decided(found: Evidence) -> str:
    """``enqueued by cudaMemcpyAsync (5.90 µs); no compute ran after it``, as far as the trace has it."""
    fact, when = found.fact, ""
    if fact.of_launch:
        when = f" {fact.words}" if fact.ns is None else f" {duration(fact.ns)} {fact.words}"
    took = "" if found.call_ns is None else f" ({duration(found.call_ns)})"
    by = f" by {found.call}{took}" if found.call else ""
    launch = f"{found.verb}{when}{by}" if when or by else ""
    return "; ".join(filter(None, (launch, "" if fact.of_launch else _in_words(fact))))


def _in_words(fact: Fact) -> str:
    if fact.ns is None:
        return fact.words
    return f"{fact.words} {duration(fact.ns)} {fact.then}" if fact.then else f"{fact.words} ({duration(fact.ns)})"
