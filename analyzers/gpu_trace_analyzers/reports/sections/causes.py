"""Why copies were exposed and devices idle, with the evidence of the longest interval or gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import count, duration
from ..fields import Field, Nested, Rows
from ..parts import Cause, Causes
from .device import DEVICE, LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...questions.evidence import Evidence, Fact
    from ...questions.explained import CauseFigures
    from ...questions.overlap import DeviceFigures
    from ...summary import Summary

_ONE_OF = {"exposed": "interval", "idle": "gap"}
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


def device_causes(figures: DeviceFigures, summary: Summary) -> list[Causes]:
    """Why the copies of one device were exposed, and why it was idle."""
    exposed, idle = summary.exposed_on(figures.position), summary.idle_on(figures.position)
    title = f"Why the device was idle for {duration(figures.idle_ns)}"
    found = (
        Causes("exposed", _causes("exposed", exposed, figures.exposed_copy_ns, figures.headroom_ns)),
        Causes("idle", _causes("idle", idle, figures.idle_ns), title, of_ns=figures.span_ns),
    )
    return [causes for causes in found if causes.rows]


def _causes(
    what: str, rows: Sequence[CauseFigures], whole_ns: int, headroom_ns: int | None = None
) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            what=what,
            title=row.title,
            ns=row.ns,
            whole_ns=whole_ns,
            often=count(row.count, _ONE_OF[what]),
            times=row.count,
            remedy=row.remedy,
            saving=_saving(row, headroom_ns),
            evidence=evidence_lines(row.evidence),
        )
        for row in rows
    )


def _saving(row: CauseFigures, headroom_ns: int | None) -> str:
    """What the fix can save, and why that may be more than overlap can."""
    if not row.at_most_ns:
        return ""
    shortens = headroom_ns is not None and row.at_most_ns > headroom_ns
    return f"fix saves up to {duration(row.at_most_ns)}" + (": it shortens copies" if shortens else "")


def evidence_lines(found: Evidence) -> tuple[str, ...]:
    """The longest interval or gap of a cause: the operation in it or after it; then its launch, and what decided."""
    longest = f"longest {duration(found.end_ns - found.start_ns)}"
    if not found.operation:
        return tuple(filter(None, (longest, _decided(found))))
    where = f" on {found.place}" if found.place else ""
    owner = f", range {found.range}" if found.range else ""
    first = f"{longest}: {'before ' if found.follows else ''}{found.operation}{where}{owner}"
    return tuple(filter(None, (first, _decided(found))))


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
