"""How fast the host launched and how far it was ahead, and what was copied in which sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...questions.work.transfers import KIB, MIB
from ...units import count, duration, rate, share, size
from ..fields import At, Field, Rows, Shown, table
from ..parts import Column, Facts, Kind
from .device import DEVICE, ENGINE_NAMES, LABEL, RANK
from .operations import headed
from .overlap import short_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...questions.work.launch_statistics import LaunchStatistics
    from ...questions.work.transfers import TransferFigures
    from ...summary import Summary
    from ..parts import Table

_ENGINE = Field("engine", get=lambda row, _: row.engine.key)
FIELDS = (
    Rows(
        "launches",
        "per device, the launches of kernels and graphs by calls in the window of the host",
        lambda work, _: work.launches,
        (
            DEVICE,
            RANK,
            Field("launches", "calls; a graph has one"),
            Field("host_ns", "length of that window"),
            Field("per_second"),
            Field("waited_for_room", "launches that waited for room in the launch queue"),
            Field("call_ns", "length of the other calls, added up"),
            Field("mean_call_ns", "of those, rounded down"),
            Field("median_call_ns", "the lower of two middle values"),
            Field("max_call_ns"),
            Field("found_idle", "launches that found all earlier operations of the device ended"),
            Field(
                "ahead_ns",
                "from the begin of the call to the start on the device: the minimum, nine deciles, the maximum",
                lambda row, _: list(row.ahead_ns),
                cell=lambda values: " ".join(map(str, values)),
            ),
        ),
        table="launches",
        first=(DEVICE, LABEL),
    ),
    Rows(
        "transfers",
        "per device, direction and size class of copies",
        lambda work, _: work.transfers,
        (
            DEVICE,
            RANK,
            _ENGINE,
            Field("at_least", "bytes of the smallest copy of the class; null for copies without a recorded size"),
            Field("below", "bytes that its copies do not reach; null for the largest class too"),
            Field("count"),
            Field("bytes", "null if not recorded", lambda row, _: row.size),
            Field(
                "busy_ns", "the time in which one of them ran; a copy that crosses the edge of the window counts whole"
            ),
            Field("gb_per_s", "`bytes` / `busy_ns`"),
        ),
        table="transfers",
        first=(DEVICE, LABEL, _ENGINE),
    ),
)
_SHOWN = (
    Shown(Column("copies", kind=Kind.WORD), lambda row, _: f"{ENGINE_NAMES[row.engine]}, {size_class(row)}"),
    Shown(Column("device", drop_order=2, kind=Kind.WORD), lambda row, at: short_label(at.device(row.device))),
    Shown(Column("count", drop_order=3), lambda row, _: count(row.count)),
    Shown(Column("bytes"), lambda row, _: "not recorded" if row.size is None else size(row.size)),
    Shown(Column("busy", drop_order=1), lambda row, _: duration(row.busy_ns)),
    Shown(Column("rate"), lambda row, _: rate(row.gb_per_s)),
)


_ENOUGH = 10
"""launches from which a tenth of them is one or more"""


def size_class(row: TransferFigures) -> str:
    """``64 KiB to 1 MiB``."""
    if row.at_least is None:
        return "size not recorded"
    if row.below is None:
        return f"{_power(row.at_least)} or more"
    return f"{_power(row.at_least)} to {_power(row.below)}" if row.at_least else f"below {_power(row.below)}"


def _power(size: int) -> str:
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB"


def transfer_table(rows: Sequence[TransferFigures], words: str, summary: Summary) -> Table:
    """A row per device, direction and size class."""
    one = len({row.device for row in rows}) == 1
    shown = [each for each in _SHOWN if not (one and each.column.title == "device")]
    return replace(table(headed(shown, words), rows, At.of(summary)), every_row=True)


def launch_facts(rows: Sequence[LaunchStatistics], words: str, summary: Summary) -> Facts:
    """The same of launches in sentences, of each device."""
    at = At.of(summary)
    several = len(summary.devices) > 1
    return Facts(
        tuple(line for row in rows for line in _lines(row, words, at.device(row.device).label if several else ""))
    )


def _lines(row: LaunchStatistics, words: str, label: str) -> Iterator[str]:
    of, window = f"{label}: " if label else "", f" for {words}" if words else ""
    pace = "" if row.per_second is None else f", {row.per_second:,.0f} per second"
    yield f"{of}{count(row.launches, 'launch', 'launches')} of kernels and graphs{window}{pace}"
    if row.mean_call_ns is not None and row.median_call_ns is not None and row.max_call_ns is not None:
        waited = f", without {row.waited_for_room:,} that waited for room in the launch queue"
        middle = f"median {duration(row.median_call_ns)}, max {duration(row.max_call_ns)}"
        yield f"the host took {duration(row.mean_call_ns)} per launch ({middle}){waited if row.waited_for_room else ''}"
    idle = f"{share(row.found_idle, row.launches)} found"
    if not row.ahead_ns:
        yield f"{idle} the device idle"
        return
    low, median, high = (duration(row.ahead_ns[decile]) for decile in (1, 5, 9))
    spread = f" (10 % less than {low}, 10 % more than {high})" if row.launches >= _ENOUGH else ""
    yield f"launches were {median} ahead of the device in the median{spread}; {idle} it idle"
