"""What is wrong with the job: each finding with what it costs, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import count, duration, share
from ..fields import Field, Rows
from ..parts import Findings, Found
from .stretches import how_many

if TYPE_CHECKING:
    from ...job.answer import Finding, JobAnswer

MOST_LISTED = 16
"""stretches of ranks of one finding in the document"""
FIELDS = (
    Rows(
        "findings",
        "what is wrong with the job, conclusive ones first, the one that costs most at the front; at most 32",
        lambda answer, _: answer.findings,
        (
            Field("id", "the same in another recording of the job on the same machines", lambda row, _: id_of(row)),
            Field(
                "kind",
                "`late_data`, `slow_host`, `slow_gpu`, `late_rank` (late for an unknown reason), `wrong_group`, "
                "`missing`, `damaged`, `clock_uncertain`, `transfer` or `bubble`",
            ),
            Field(
                "ranks",
                "first and last rank of each stretch, inclusive; at most 16 stretches",
                lambda row, _: row.ranks[:MOST_LISTED],
            ),
            Field("ranks_in_all", get=lambda row, _: how_many(row.ranks)),
            Field("host", "null if it is not of one host", lambda row, _: row.host or None),
            Field("conclusive", "whether the cost exceeds what is uncertain"),
            Field("cost_ns", "what the job would take less without it; 0 if it costs nothing, or that is not known"),
            Field("error_ns", "by how much that may be wrong"),
            Field("sentence", "what was found"),
            Field("remedy", "the next step; empty if there is none"),
        ),
    ),
    Field("findings_in_all", "how many there are; `findings` has the first"),
)


def id_of(finding: Finding) -> str:
    """``slow_host:node17:136-143``, ``bubble``: its kind and whom it is of."""
    ranks = "+".join(f"{first}-{last}" if first != last else str(first) for first, last in finding.ranks[:MOST_LISTED])
    return ":".join(filter(None, (finding.kind, finding.host, ranks)))


def findings(answer: JobAnswer) -> Findings:
    """All that there is room for in a long report."""
    return Findings(tuple(found(each, answer) for each in answer.findings))


def found(finding: Finding, answer: JobAnswer) -> Found:
    """One of them, with all that is said of it."""
    return Found(
        text=finding.sentence,
        cost=_cost(finding, answer.job_ns),
        remedy=finding.remedy,
        id=id_of(finding),
        certain=finding.conclusive,
        ranks=finding.ranks,
    )


def more_line(answer: JobAnswer, shown: int) -> str:
    """How many findings are not shown; empty if all are."""
    rest = answer.findings_in_all - shown
    if rest <= 0:
        return ""
    next_listed = answer.findings[min(shown, len(answer.findings) - 1)]  # behind one that is not certain none is
    return f"and {count(rest, 'more finding')}{'' if next_listed.conclusive else ', not certain'}"


def _cost(finding: Finding, job_ns: int) -> str:
    """``costs 1.20 s ±12.0 ms (8.1 %)``."""
    if not finding.cost_ns:
        return ""
    error = f" ±{duration(finding.error_ns)}" if finding.error_ns else ""
    return f"costs {duration(finding.cost_ns)}{error}" + (f" ({share(finding.cost_ns, job_ns)})" if job_ns else "")
