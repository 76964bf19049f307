"""What a run takes now and what it would take, as bars on one scale: by its dependencies, and by each change alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...units import duration, share
from ..html_parts import escaped
from ..what_if import gains_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...whatif.document import Entry, Expected

CHANGES = 3
"""Changes that have a bar each, those that save most; the section below names all."""


@dataclass(frozen=True, slots=True)
class _Bar:
    """One time, and between which two it lies."""

    kind: str
    title: str
    ns: int
    low_ns: int
    high_ns: int
    gain_ns: int = 0


def before_after_panel(entry: Entry) -> str:
    """The panel; empty without a prediction."""
    if entry.expected is None:
        return ""
    bars = tuple(_bars(entry, entry.expected))
    whole_ns = max(bar.high_ns for bar in bars) or 1
    rows = "".join(_row(bar, whole_ns, entry.before_ns) for bar in bars)
    return f'<section id="before-after"><h2>Before and after</h2><div class="times">{rows}</div></section>'


def _bars(entry: Entry, expected: Expected) -> Iterator[_Bar]:
    before_ns, then_ns = entry.before_ns, expected.predicted_ns
    yield _Bar("now", "this run", before_ns, before_ns, before_ns)
    gain_ns = 0 if gains_nothing(entry, expected) else before_ns - then_ns
    yield _Bar("then", "its own dependencies allow", then_ns, expected.low_ns, expected.high_ns, gain_ns)
    for number, each in enumerate(entry.remedies[:CHANGES], 1):
        low_ns, high_ns = each.predicted_ns - each.error_ns, each.predicted_ns + each.error_ns
        yield _Bar("change", f"{number}. {each.text}", each.predicted_ns, low_ns, high_ns, each.gain_ns)


def _row(bar: _Bar, whole_ns: int, before_ns: int) -> str:
    said = "" if bar.kind == "now" else _gain(bar, before_ns)
    return (
        f'<span>{escaped(bar.title)}</span><svg class="{bar.kind}" width="100%" height="16" aria-hidden="true">'
        f'<rect width="{_percent(bar.ns, whole_ns)}" height="16" data-ns="{bar.ns}"></rect>{_between(bar, whole_ns)}'
        f"</svg><b>{duration(bar.ns)}{said}</b>"
    )


def _between(bar: _Bar, whole_ns: int) -> str:
    """The interval that a predicted time lies in, as a line with the bar's end somewhere on it."""
    if bar.low_ns == bar.high_ns:
        return ""
    at, wide = _percent(bar.low_ns, whole_ns), _percent(bar.high_ns - bar.low_ns, whole_ns)
    between = f"between {duration(bar.low_ns)} and {duration(bar.high_ns)}"
    return f'<rect class="between" x="{at}" y="6" width="{wide}" height="4"><title>{between}</title></rect>'


def _gain(bar: _Bar, before_ns: int) -> str:
    if not bar.gain_ns:
        return ' <span class="gain">saves nothing</span>'
    return f' <span class="gain">saves {duration(bar.gain_ns)} ({share(bar.gain_ns, before_ns)})</span>'


def _percent(ns: int, whole_ns: int) -> str:
    return f"{100 * max(ns, 0) / whole_ns:.4f}%"
