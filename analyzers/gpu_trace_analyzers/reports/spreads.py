"""One figure of several runs a side, as a cell of a table and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..units import NONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..spread import Change, Values

WITHIN = "within the spread"


def change_cell(change: Change, difference: Callable[[Change], str]) -> str:
    """The difference of the medians, unless the runs of both sides meet."""
    if change.within_spread and change.by:
        return WITHIN
    return difference(change)


def spread_cell(values: Values, shown: Callable[[float | None], str]) -> str:
    """``187.0 ms to 190.1 ms``; one text where both are shown as the same."""
    if values.least is None:
        return NONE
    ends = dict.fromkeys((shown(values.least), shown(values.most)))
    return " to ".join(ends)


def change_document(change: Change, several: bool) -> dict[str, object]:
    """``before`` and ``after`` (of several runs the medians); of several runs, also what each of them has."""
    document: dict[str, object] = {"before": change.before, "after": change.after}
    if several:
        document |= {
            "runs": {"before": _document(change.of_before), "after": _document(change.of_after)},
            "within_spread": change.within_spread,
        }
    return document


def _document(values: Values) -> dict[str, object]:
    return {"values": values.runs, "median": values.median, "min": values.least, "max": values.most}
