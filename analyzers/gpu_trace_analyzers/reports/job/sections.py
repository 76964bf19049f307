"""All that is said of a job, and in which order: `sections` for people, `FIELDS` for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fields import Field, Nested
from ..parts import Note, Remark, Section, Source, Verdict
from . import absent, account, clocks, figures, findings, groups, heat, hosts, lengths, operations, stages
from .account import account_table
from .clocks import clock_line, clock_table
from .figures import length_lines, read_line
from .findings import id_of, more_line
from .groups import group_table, not_matched_line, order_line, size_table
from .hosts import host_table
from .lengths import length_table
from .operations import operation_table
from .stages import stage_table
from .verdict import deciding, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...job.answer import JobAnswer
    from ..parts import Table


def _deciding_id(answer: JobAnswer, _at: object) -> str | None:
    first = deciding(answer)
    return None if first is None else id_of(first)


FIELDS = (
    *figures.READ,
    Nested(
        "verdict",
        "the first line",
        lambda answer, _: answer,
        (
            Field("text", get=lambda answer, _: verdict(answer)),
            Field("finding", "the `id` of the finding that it is of; null if it is of none", _deciding_id),
        ),
    ),
    *figures.LENGTHS,
    *findings.FIELDS,
    *account.FIELDS,
    *hosts.FIELDS,
    *groups.FIELDS,
    *stages.FIELDS,
    *clocks.FIELDS,
    *absent.FIELDS,
    *operations.FIELDS,
    *lengths.FIELDS,
    *heat.FIELDS,
)
"""The keys of ``gpu-trace.job/1``, in order."""


def sections(answer: JobAnswer) -> Iterator[Section]:
    """Everything, for a long report."""
    yield Section("Job summary", (Verdict(verdict(answer), tuple(length_lines(answer))),))
    if answer.findings:
        more = more_line(answer, len(answer.findings))
        yield Section("Findings", (findings.findings(answer), *([Remark(more)] if more else [])))
    for title, each in (("Where the time went", account_table(answer)), *compared(answer)):
        if each.rows:
            yield Section(title, (each,))
    yield Section("", tuple(notes(answer)))
    yield Section("", (Source(read_line(answer)),), apart=False)


def compared(answer: JobAnswer) -> Iterator[tuple[str, Table]]:
    """The tables that compare parts of the job, each with its title; some may have no rows."""
    yield "Hosts", host_table(answer)
    yield "Process groups", group_table(answer)
    yield "Messages by size", size_table(answer)
    yield "Pipeline stages", stage_table(answer)
    yield "Clocks", clock_table(answer)
    yield "Operations", length_table(answer)
    yield "Longest operations", operation_table(answer)
    yield "Damaged files", absent.damaged_table(answer)


def notes(answer: JobAnswer) -> Iterator[Note | Source]:
    """What is missing in the figures, except where a finding says it; and how certain times are."""
    kinds = {each.kind for each in answer.findings}
    if "missing" not in kinds and (missing := absent.missing_line(answer)):
        yield Note(missing)
    if "damaged" not in kinds and (damaged := absent.damaged_line(answer)):
        yield Note(damaged)
    if not_matched := not_matched_line(answer):
        yield Note(not_matched)
    for line in filter(None, (order_line(answer), clock_line(answer))):
        yield Source(line)
