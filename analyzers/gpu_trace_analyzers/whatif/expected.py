"""The same work under its true data dependencies: one server for compute, one for copies of each direction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..questions.once import once
from .replay import backlog

if TYPE_CHECKING:
    from .modeled import Modeled
    from .schedule import Plan, Times


@once
def expected_plan(model: Modeled) -> Plan:
    """Each engine of a device is a server; operations wait for their true dependencies, the host for results alone."""
    free_ns = backlog(model.part, model.engine)
    return replace(model.recorded, server=model.engine, before=model.needs, host=model.host_by_data, free_ns=free_ns)


@once
def as_expected(model: Modeled) -> Times:
    """When the operations run by their true dependencies."""
    return model.times(expected_plan(model))


@once
def as_recorded(model: Modeled) -> Times:
    """When the operations run as they were recorded, with the host of this view."""
    return model.times(model.recorded)
