"""How much time did a device spend in each operation, for each range that launched it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING, Engine
from ..launch_ranges import launch_ranges
from ..once import once
from ..overlap import active_devices
from ..ranges import range_names, with_length
from ..scope import Scope
from .lengths import Lengths
from .operations import clipped, rows_of

if TYPE_CHECKING:
    from ...model import Int64


@dataclass(frozen=True, slots=True)
class OperationInRange:
    """The operations of one name and engine of one device that one range launched."""

    name: str
    engine: Engine
    range: str
    """the innermost, ``domain: name`` where it has a domain; empty for those that no range launched"""
    device: int
    """position in ``Trace.devices``"""
    count: int
    total_ns: int
    """inside the window"""


@once
def operations_by_range(scope: Scope, inside: Scope) -> tuple[OperationInRange, ...]:
    """A row per device, engine, name and range, the most time of each device first.

    ``inside`` is the scope of the window that counts; what ranges are called is that of all of ``scope``.
    """
    # The host may have launched them in ranges that had ended before the window began.
    label, labels = _labels(scope if scope.window is None else Scope(scope.trace, scope.copies))
    return tuple(row for position in active_devices(scope.trace) for row in _on_device(inside, position, label, labels))


def _labels(scope: Scope) -> tuple[Int64, list[str]]:
    """For each row of ``Trace.work`` the number of its range's name, and these names."""
    trace, ranges, names = scope.trace, with_length(scope), range_names(scope)
    merged, found = names.merged(ranges.name), launch_ranges(scope)
    some = found != MISSING
    key = np.stack((ranges.domain[found[some]], merged[found[some]]), axis=1)
    distinct, place = np.unique(key, axis=0, return_inverse=True)
    label = np.zeros(len(trace.work), np.int64)
    label[some] = place.reshape(-1) + 1
    texts = [(trace.text(domain), names.shown.get(name) or trace.text(name)) for domain, name in distinct.tolist()]
    return label, ["", *(f"{domain}: {name}" if domain else name for domain, name in texts)]


def _on_device(inside: Scope, position: int, label: Int64, labels: list[str]) -> list[OperationInRange]:
    trace, rows = inside.trace, rows_of(inside, position)
    if not len(rows):
        return []
    names = len(trace.strings) + 1  # of which the first is that of `MISSING`, -1
    operation = trace.work.engine[rows].astype(np.int64) * names + trace.work.name[rows] + 1
    keys, place = np.unique(operation * len(labels) + label[rows], return_inverse=True)
    start_ns, end_ns = clipped(inside, rows)
    found = Lengths.of(place.reshape(-1), end_ns - start_ns)
    each = []
    for g in np.lexsort((keys, -found.total_ns)).tolist():
        what, where = divmod(int(keys[g]), len(labels))
        engine, name = divmod(what, names)
        each.append(
            OperationInRange(
                name=trace.text(name - 1),
                engine=Engine(engine),
                range=labels[where],
                device=position,
                count=int(found.count[g]),
                total_ns=int(found.total_ns[g]),
            )
        )
    return each
