"""The table of predictions: markdown, by itself or between the markers of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gpu_trace_analyzers.units import NONE, percent

from .comparison import compared, status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .measured import Clocks, Outcome
    from .pairs import Pair

BEGIN = "<!-- the pairs, as scripts/lab --what-if measures them -->"
END = "<!-- end of pairs -->"
_HEADINGS = (
    "pair",
    "before",
    "predicted",
    "measured after",
    "error of time",
    "gain predicted",
    "gain measured",
    "error of gain",
    "busiest engine",
    "its error of gain",
    "status",
)


def markdown(outcomes: Sequence[Outcome], pairs: Sequence[Pair], title: str) -> str:
    """A page: the machine of the first pair, and the tables."""
    machine = next((outcome.before.machine for outcome in outcomes if outcome.before), {})
    facts = "\n".join(f"- {name}: {value}" for name, value in machine.items() if value)
    return f"# {title}\n\n{facts}\n\n{tables(outcomes, pairs)}\n"


def tables(outcomes: Sequence[Outcome], pairs: Sequence[Pair]) -> str:
    """The pairs, the blind ones, and those in which a dependency is in the way; a table of each kind that there is."""
    known = {outcome.pair: outcome for outcome in outcomes}
    kinds = (
        ("Pairs", [pair for pair in pairs if pair.gains and not pair.blind]),
        ("Blind pairs", [pair for pair in pairs if pair.gains and pair.blind]),
        ("Changes that gain nothing", [pair for pair in pairs if not pair.gains]),
    )
    found = ((name, [(pair, known[pair.name]) for pair in kind if pair.name in known]) for name, kind in kinds)
    return "\n\n".join("\n".join(_table(name, rows)) for name, rows in found if rows)


def inserted(page: str, tables: str) -> str:
    """A page with the tables between its markers. Raises ``ValueError`` where it has none."""
    old = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not old.search(page):
        raise ValueError(f"the page has no lines {BEGIN} and {END}")
    return old.sub(lambda _: f"{BEGIN}\n\n{tables}\n\n{END}", page, count=1)


def _table(name: str, rows: Sequence[tuple[Pair, Outcome]]) -> Iterator[str]:
    headings = (name, *_HEADINGS[1:])
    yield "| " + " | ".join(headings) + " |"
    yield "|" + "|".join(" :-- " if at in (0, len(headings) - 1) else " --: " for at in range(len(headings))) + "|"
    for row in rows:
        yield "| " + " | ".join(_cells(*row)) + " |"


def _cells(pair: Pair, outcome: Outcome) -> list[str]:
    expected = outcome.prediction.expected if outcome.prediction else None
    return [
        f"[{pair.work} → {pair.change}](../{pair.script})",
        _clock(outcome.before.unrecorded if outcome.before else None),
        _ms(expected.predicted_ns) if expected else NONE,
        _clock(outcome.after),
        *_errors(outcome),
        status(pair, outcome),
    ]


def _errors(outcome: Outcome) -> list[str]:
    found = compared(outcome)
    if found is None:
        return [NONE] * 6
    return [
        NONE if found.error is None else f"{100 * found.error:+.2f} %",
        _gain(found.predicted_gain_ns, found.before_ns),
        _gain(found.gain_ns, found.before_ns),
        percent(found.gain_error),
        _ms(found.naive_ns),
        percent(found.naive_gain_error),
    ]


def _clock(clocks: Clocks | None) -> str:
    return NONE if clocks is None else f"{_ms(clocks.median_ns)} ± {clocks.spread_ns / 1e6:.2f}"


def _gain(ns: int | None, of_ns: int) -> str:
    return NONE if ns is None else f"{_ms(ns)} ({100 * ns / of_ns:.1f} %)"


def _ms(ns: int) -> str:
    return f"{ns / 1e6:.2f} ms"  # one unit for all: they are subtracted from each other
