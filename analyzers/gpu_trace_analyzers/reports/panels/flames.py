"""What the host did while a device was idle, as a flame graph of each thread's sampled stacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...units import count, duration
from ..html_parts import data_block, escaped
from ..sections.overlap import short_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ...analysis import Analysis
    from ...model import Trace
    from ...questions.idle_stacks import IdleStacks
    from ...summary import Summary

_TITLE = "What the host did while the device was idle"


def flames_panel(analysis: Analysis, summary: Summary) -> str:
    """The panel with its data; a sentence where no sample was taken in idle time, and nothing without idle time."""
    rows = _in_order(analysis.idle_stacks, summary)
    chosen = _of_verdict(analysis.trace, rows, summary)
    if not rows:
        reason = _reason(analysis.trace, summary)
        return f'<section id="flames"><h2>{_TITLE}</h2><p class="hint">{reason}</p></section>' if reason else ""
    options = "".join(_option(analysis.trace, i, row, selected=i == chosen) for i, row in enumerate(rows))
    threads = f"<label>{count(len(rows), 'thread')} <select>{options}</select></label>"
    return (
        f'<section id="flames"><h2>{_TITLE}</h2><div class="bar">{threads}<button type="button">whole</button></div>'
        '<div class="flames" role="tree" aria-label="Sampled stacks"></div><p class="told"></p>'
        '<p class="hint">A function is as wide as the number of its samples, below the one that called it. Those of '
        "the script have the stronger color. Click or Enter zooms.</p>"
        "<noscript>The flame graph needs JavaScript.</noscript></section>"
        f"{data_block('stacks', _document(analysis.trace, rows))}"
    )


def _in_order(rows: Iterable[IdleStacks], summary: Summary) -> list[IdleStacks]:
    """Those of the device that the verdict is about come first."""
    account = summary.account
    first = account.first.account.device if account and account.first else None
    return sorted(rows, key=lambda row: row.device != first)


def _of_verdict(trace: Trace, rows: Sequence[IdleStacks], summary: Summary) -> int:
    """Which of them was most often in the function that the verdict names; the first, where it names none."""
    first = summary.account.first if summary.account else None
    lines = first.losses[0].lines if first and first.losses else None
    if lines is None:
        return 0
    inside = [_samples_in(trace, row, lines.file, lines.function) for row in rows]
    return inside.index(max(inside))


def _samples_in(trace: Trace, row: IdleStacks, file: str, function: str) -> int:
    tree = row.tree
    columns = zip(tree.file.tolist(), tree.name.tolist(), tree.samples.tolist(), strict=True)
    return max((n for f, name, n in columns if (trace.text(f), trace.text(name)) == (file, function)), default=0)


def _reason(trace: Trace, summary: Summary) -> str:
    """Why there is no flame graph; empty where no device was idle."""
    idle_ns = sum(figures.idle_ns for figures in summary.devices)
    if not idle_ns:
        return ""
    if not len(trace.samples):
        return (
            f"Not known: this trace has no sampled stacks. gpu-trace run records them, unless --no-stacks is given. "
            f"Idle: {duration(idle_ns)} in all."
        )
    return f"Not known: none of {count(len(trace.samples), 'sample')} was taken in the idle time."


def _option(trace: Trace, number: int, row: IdleStacks, *, selected: bool) -> str:
    chosen = " selected" if selected else ""
    return f'<option value="{number}"{chosen}>{escaped(_thread(trace, row))}</option>'


def _thread(trace: Trace, row: IdleStacks) -> str:
    """``GPU 0 · thread 1070 (python3), which launches: 92 samples``."""
    found = row.thread
    name = found.name or f"thread {found.thread}"
    process = trace.processes[found.process].pid if found.process >= 0 else None
    whose = f"process {process}, " if process is not None and process != found.thread else ""
    launches = ", which launches" if row.launches else ""
    return f"{short_label(trace.devices[row.device])} · {whose}{name}{launches}: {count(row.samples, 'sample')}"


def _document(trace: Trace, rows: Iterable[IdleStacks]) -> dict[str, Any]:
    """What the page's script reads: texts once, and of each thread the columns of its functions."""
    texts: dict[int, int] = {}
    threads = [_columns(row, texts) for row in rows]
    return {"texts": [trace.text(code) for code in texts], "threads": threads}


def _columns(row: IdleStacks, texts: dict[int, int]) -> dict[str, Any]:
    tree = row.tree
    name, file = ([texts.setdefault(code, len(texts)) for code in column.tolist()] for column in (tree.name, tree.file))
    numbers = {key: getattr(tree, key).tolist() for key in ("caller", "line", "samples", "own")}
    whole = {"total": row.samples, "unread": row.without_stack}
    return {**whole, **numbers, "of_user": tree.of_user.astype(int).tolist(), "name": name, "file": file}
