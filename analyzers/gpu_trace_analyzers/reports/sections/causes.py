"""Why copies were exposed and devices idle, with the evidence of the longest stretch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import duration
from ..fields import Field, Nested, Rows
from ..parts import Cause, Causes
from .device import DEVICE, LABEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...questions.evidence import Evidence
    from ...questions.explained import CauseFigures
    from ...questions.overlap import DeviceFigures
    from ...summary import Summary

_CAUSE = (
    DEVICE,
    Field("cause"),
    Field("title"),
    Field("ns"),
    Field("count"),
    Field("evidence", "a sentence about the longest interval", lambda row, _: evidence_line(row.evidence)),
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
    title = f"Why it was idle: {duration(figures.idle_ns)}"
    found = (
        Causes("exposed", _causes("exposed", exposed, figures.exposed_copy_ns)),
        Causes("idle", _causes("idle", idle, figures.idle_ns), title, of_ns=figures.span_ns),
    )
    return [causes for causes in found if causes.rows]


def _causes(what: str, rows: Sequence[CauseFigures], whole_ns: int) -> tuple[Cause, ...]:
    return tuple(
        Cause(
            what=what,
            title=row.title,
            ns=row.ns,
            whole_ns=whole_ns,
            times=row.count,
            remedy=row.remedy,
            saving=f"saves at most {duration(row.at_most_ns)}" if row.at_most_ns else "",
            evidence=evidence_line(row.evidence),
        )
        for row in rows
    )


def evidence_line(found: Evidence) -> str:
    """The longest stretch of a cause in a sentence: what ran where, how it was launched, and what decided."""
    where = f" on {found.place}" if found.operation and found.place else ""
    owner = f" in {found.range}" if found.range else ""
    call = f", {found.call} took {duration(found.call_ns)}" if found.call and found.call_ns is not None else ""
    fact = found.fact.words + (f" ({duration(found.fact.ns)})" if found.fact.ns is not None else "")
    what = f"{found.operation}{where}{owner}{call}"
    return ": ".join(filter(None, (f"longest {duration(found.end_ns - found.start_ns)}", what, fact)))
