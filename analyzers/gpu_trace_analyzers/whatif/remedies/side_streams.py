"""Move the copies of one direction to a stream of their own, and wait by events where their data is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...model import BUS_COPIES, Engine
from ..replay import backlog
from .change import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ..modeled import Modeled
    from ..schedule import Plan

_COPIES = {
    Engine.COPY_H2D: "the copies to the device",
    Engine.COPY_D2H: "the copies to the host",
    Engine.COPY_P2P: "the copies between devices",
}


def side_streams(model: Modeled) -> Iterator[Change]:
    """A change per direction in which anything was copied, and one for all of them."""
    engine = model.part.trace.work.engine[model.part.rows]
    present = [direction for direction in BUS_COPIES if (engine == direction).any()]
    for direction in present:
        text = f"move {_COPIES[direction]} to a stream of their own; wait by an event where their data is needed"
        yield _change(model, f"side_stream_{direction.key.removeprefix('copy_')}", text, engine == direction)
    if len(present) > 1:
        text = "move the copies of each direction to a stream of their own; wait by an event where their data is needed"
        yield _change(model, "side_streams", text, np.isin(engine, [int(each) for each in present]))


def _change(model: Modeled, name: str, text: str, moved: NDArray[np.bool_]) -> Change:
    return Change(name, "same_stream", text, beside(model, moved), moved)


def beside(model: Modeled, moved: NDArray[np.bool_]) -> Plan:
    """The recorded plan with some operations, (n,) bool, on streams of their own, one per engine of a device.

    Others keep their stream and its order. Where a moved operation is at one end of a dependency, it is an event.
    """
    recorded = model.recorded
    server = np.where(moved, recorded.server.max(initial=0) + 1 + model.engine, recorded.server)
    before: list[Sequence[int]] = []
    for k, needed in enumerate(model.needs):
        if moved[k]:
            before.append(needed)
        else:
            kept = [j for j in recorded.before[k] if not moved[j]]
            before.append([*kept, *(j for j in needed if moved[j])])
    return replace(recorded, server=server, before=before, free_ns=backlog(model.part, server))
