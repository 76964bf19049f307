"""The answer to *what if* in words: the time that the dependencies allow, what supports it, and what to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Engine
from ..units import count, duration, percent, share, size
from ..whatif.entry import WAITING
from . import text
from .fitting import shortened
from .parts import Change, Changes, Note, Section, Source, Verdict
from .sections.device import ENGINE_NAMES
from .short_names import short_name
from .verified import verified_section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..whatif.document import Bound, Entry, Expected, Move, Remedy

TITLE = "What if"
NAMES = {engine.key: ENGINE_NAMES[engine] for engine in Engine} | {WAITING: "waiting"}
LONGEST_NAME = 56
"""characters of the name of an operation that moves, or that waits"""
LEAST_GAIN = 0.005
"""share of the time below which a gain is none, as for changes"""
LEAST_UNKNOWN = 0.001
"""share of device time below which unknown reads and writes are not worth a line"""


def to_text(path: str, entry: Entry, *, width: int = 100, color: bool = False) -> str:
    """The report in a terminal; of a verified prediction, how far off it was."""
    found = entry.verified
    section = what_if_section(entry, path) if found is None else verified_section(entry, found, NAMES)
    return text.drawn([section], width=width, color=color)


def what_if_section(entry: Entry, path: str = "") -> Section:
    """The answer, what supports it, and what to change. ``path``: of the trace, where nothing else says it."""
    notes = [Note(line) for line in (_unknown_line(entry),) if line]
    verdict = Verdict(verdict_line(entry), tuple(_below(entry)))
    return Section(TITLE, (Source(_window_line(entry, path)), *notes, verdict, *_changes(entry)))


def verdict_line(entry: Entry) -> str:
    """``this run took 189.2 ms; its own dependencies allow 132.3 ms (between 131.9 ms and 132.8 ms)``."""
    took = _took(entry)
    if entry.expected is None:
        return f"{took}; no prediction: {entry.reason}"
    low, high = duration(entry.expected.low_ns), duration(entry.expected.high_ns)
    allow = "allow no less:" if gains_nothing(entry, entry.expected) else "allow"
    return f"{took}; its own dependencies {allow} {duration(entry.expected.predicted_ns)} (between {low} and {high})"


def gains_nothing(entry: Entry, expected: Expected) -> bool:
    """Whether the predicted time is that of the run, or longer than the clock says that it took."""
    return entry.before_ns - expected.predicted_ns < LEAST_GAIN * entry.before_ns


def _window_line(entry: Entry, path: str) -> str:
    operations = count(entry.window.operations, "device operation")
    return " · ".join(filter(None, (path, entry.window.name, operations)))


def _unknown_line(entry: Entry) -> str:
    unknown = entry.unknown_dependency_share or 0
    if unknown < LEAST_UNKNOWN:
        return ""
    return f"{percent(unknown)} of the device time has unknown reads and writes, and keeps its order"


def _below(entry: Entry) -> Iterator[str]:
    yield _clocks_line(entry)
    yield _replay_line(entry)
    if entry.expected and entry.expected.extra_bytes:
        yield _memory_line(entry.expected)
    if entry.critical_path and entry.expected:
        yield f"critical path: {_shares(entry.critical_path, entry.expected.predicted_ns)}"
    if entry.contention:
        yield f"contention: {'; '.join(entry.contention)}"
    if entry.bound:
        yield _bound_line(entry.bound)
    yield f"the busiest engine alone, without dependencies: {duration(entry.naive_ns)}"


def _took(entry: Entry) -> str:
    """How long the run took; if the model takes off what recording cost, and no clock is known, that is said."""
    if entry.unrecorded_ns is not None:
        return f"this run took {duration(entry.unrecorded_ns)}"
    if entry.before_ns in (entry.recorded_ns, entry.replay_ns):
        return f"this run took {duration(entry.recorded_ns)}"
    return f"without its recording this run takes about {duration(entry.before_ns)}"


def _clocks_line(entry: Entry) -> str:
    """What it took recorded, and by a clock without recording, if that is known."""
    recorded = f"recorded: {duration(entry.recorded_ns)}"
    if entry.unrecorded_ns is None:
        return recorded
    return f"{recorded}; by the clock, unrecorded: {duration(entry.unrecorded_ns)}"


def _replay_line(entry: Entry) -> str:
    """What the model makes of the order that was recorded: how well it fits this run."""
    off = share(abs(entry.replay_ns - entry.recorded_ns), entry.recorded_ns)
    return f"replay of the recorded order: {duration(entry.replay_ns)}, {off} off"


def _memory_line(expected: Expected) -> str:
    more = f"it needs {size(expected.extra_bytes)} more device memory"
    if expected.in_used_memory_ns is None:
        return more
    return f"{more}; in the memory that was used: {duration(expected.in_used_memory_ns)}"


def _bound_line(bound: Bound) -> str:
    least = f"no schedule takes less than {duration(bound.predicted_ns)}"
    if bound.busiest_ns >= bound.chain_ns:
        return f"{least}: {NAMES[bound.busiest]} is busy that long"
    return f"{least}: the longest chain of dependent operations ({_shares(bound.chain, bound.chain_ns)})"


def _shares(times: Mapping[str, int], whole_ns: int) -> str:
    """``compute 99.1 %, copy D2H 0.9 %``."""
    return ", ".join(f"{NAMES[key]} {share(ns, whole_ns)}" for key, ns in times.items() if ns > 0)


def _changes(entry: Entry) -> list[Changes]:
    return [Changes(tuple(map(_change, entry.remedies)))] if entry.remedies else []


def _change(remedy: Remedy) -> Change:
    saves = f"saves about {duration(remedy.gain_ns)} (±{duration(remedy.error_ns)})"
    then = f"the run then takes {duration(remedy.predicted_ns)}"
    memory = f", with {size(remedy.extra_bytes)} more device memory" if remedy.extra_bytes else ""
    return Change(remedy.text, f"{saves}: {then}{memory}", tuple(map(_move_line, remedy.moves)))


def _move_line(move: Move) -> str:
    """Which operations leave which stream, and the events that order them now."""
    leaves, waits, them = ("leaves", "waits", "it") if move.count == 1 else ("leave", "wait", "them")
    moved = f"{move.count:,} × {_name(move.name)} {leaves} stream {move.from_stream}"
    after = f"{waits} on an event recorded after {_name(move.waits_for)}" if move.waits_for else ""
    awaited = f"{_name(move.awaited_by)} waits on an event recorded after {them}" if move.awaited_by else ""
    return "; ".join(filter(None, (moved, after, awaited)))


def _name(operation: str) -> str:
    return shortened(short_name(operation), LONGEST_NAME)
