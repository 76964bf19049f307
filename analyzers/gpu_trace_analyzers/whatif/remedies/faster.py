"""A faster host, and copies of half the bytes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...model import BUS_COPIES
from .change import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..modeled import Modeled


def faster_host(model: Modeled) -> Iterator[Change]:
    """The host in half its own time."""
    text = "halve the host's own time between launches (torch.compile, CUDA graphs, fewer and larger operations)"
    yield Change("faster_host", "launch_bound", text, replace(model.recorded, host=model.recorded.host.scaled(0.5)))


def half_bytes(model: Modeled) -> Iterator[Change]:
    """Copies across the bus and the link in half their time."""
    copies = np.isin(model.part.trace.work.engine[model.part.rows], [int(engine) for engine in BUS_COPIES])
    if copies.any():
        duration_ns = np.where(copies, model.recorded.duration_ns // 2, model.recorded.duration_ns)
        text = "copy half the bytes (bfloat16 for float32, or the part that is needed)"
        yield Change("half_bytes", "copy_bound", text, replace(model.recorded, duration_ns=duration_ns))
