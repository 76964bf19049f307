"""Of which processes is a recording? In words: the script, its ranks, others that it started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.units import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .assemble import ProcessLeft


def subjects(recorded: Sequence[ProcessLeft]) -> str:
    """``It and 2 processes that it started were``; empty where the script itself is all.

    A script that only started others, as a launcher does, is not among them.
    """
    if all(process.is_first for process in recorded):
        return ""
    recorded = [process for process in recorded if process.did_anything or process.rank is not None]
    ranks = sum(process.rank is not None for process in recorded)
    has_script = any(process.is_first and process.rank is None for process in recorded)
    started = len(recorded) - ranks - has_script
    named = [count(ranks, "rank")] * bool(ranks) + ["the script" if ranks else "it"] * has_script
    named += [_started(started, beside_ranks=ranks > 0)] * bool(started)
    text = f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
    return f"{text[0].upper()}{text[1:]} {'was' if len(recorded) == 1 else 'were'}"


def _started(number: int, beside_ranks: bool) -> str:
    if beside_ranks:
        return count(number, "other process", "other processes")
    return f"{count(number, 'process', 'processes')} that it started"
