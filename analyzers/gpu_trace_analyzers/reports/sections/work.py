"""What the work was: tables of the window of the account, where they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..fields import Field, Nested
from ..parts import Remark, Section
from . import host_times, launches, operations, step_lengths
from .host_times import operator_table, range_time_table, shown_range_times
from .launches import launch_facts, transfer_table
from .operations import operation_parts
from .step_lengths import step_length_parts
from .verdict import extent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from ...questions.work.operations import OperationFigures
    from ...questions.work.work import Work
    from ...summary import Summary

    T = TypeVar("T")

FIELDS = (
    Nested(
        "work",
        "what the work was, in the window of `account`; null if not asked for. The rows of operators, ranges and "
        "launches are those that the host began for the steps of the window",
        lambda summary, _: summary.work,
        (
            Field("top", "rows per device or process of `operations`, `operators` and `ranges` at most; null for all"),
            *operations.FIELDS,
            *host_times.FIELDS,
            *step_lengths.FIELDS,
            *launches.FIELDS,
        ),
    ),
)


def work_sections(summary: Summary, shown: Iterable[int] | None = None) -> Iterator[Section]:
    """A section for each kind of rows that there are; of ``shown`` devices and their processes alone (None: of all)."""
    work, words = summary.work, _words(summary)
    if work is None:
        return
    of = f" of {words}" if words else ""
    chosen = None if shown is None else frozenset(shown)
    ranks = None if chosen is None else {row.device.rank for row in summary.devices if row.position in chosen}
    if rows := _operations(work, summary, chosen):
        yield Section(f"Operations{of}", tuple(operation_parts(rows, words, summary)))
    yield from _host(work, words, summary, ranks)
    if parts := tuple(step_length_parts(_of(work.steps, None, ranks), work.top, summary)):
        yield Section("Length of steps", parts)
    if launched := _of(work.launches, chosen, None):
        yield Section(f"Launches{of}", (launch_facts(launched, words, summary),))
    copied = _of(work.transfers, chosen, None)
    if any(row.size is not None for row in copied):
        yield Section(f"Copies by size{of}", (transfer_table(copied, words, summary),))
    if ranks is not None and chosen is not None and len(chosen) < len(summary.devices):
        yield Section("", (Remark(f"{_whose(summary, chosen)} alone; all are in --json"),), apart=False)


def _operations(work: Work, summary: Summary, chosen: Iterable[int] | None) -> list[OperationFigures]:
    """Those of CPU devices are operators: where there is a table of these, it has them."""
    on_cpu = {row.position for row in summary.devices if row.device.kind == "cpu"} if work.operators else set()
    return [row for row in _of(work.operations, chosen, None) if row.device not in on_cpu]


def _host(work: Work, words: str, summary: Summary, ranks: Iterable[int] | None) -> Iterator[Section]:
    window = f", {words}" if words else ""
    if operators := _of(work.operators, None, ranks):
        yield Section(f"Host time of operators{window}", (operator_table(operators, words, summary),))
    if ranges := shown_range_times(_of(work.ranges, None, ranks), summary):
        yield Section(f"Host time of ranges{window}", (range_time_table(ranges, words, summary),))


def _words(summary: Summary) -> str:
    """What the rows are of; empty for all of the recording."""
    if summary.account is None:
        return ""
    said = extent(summary.account.steady)
    return "" if said == "the time" else said


def _of(rows: Iterable[T], devices: Iterable[int] | None, ranks: Iterable[int] | None) -> list[T]:
    """Those of some devices, or of some ranks."""
    if devices is not None:
        return [row for row in rows if row.device in devices]  # type: ignore[attr-defined]
    return [row for row in rows if ranks is None or row.rank in ranks]  # type: ignore[attr-defined]


def _whose(summary: Summary, chosen: Iterable[int]) -> str:
    labels = [row.device.label for row in summary.devices if row.position in chosen]
    return f"these tables are of {' and '.join(labels)}"
