"""A table of contention whose figures are easy to follow, of GPUs that do not exist, and a way to have it read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gpu_trace_analyzers.model import Device, Trace
from gpu_trace_analyzers.whatif.contention import factors, measured, tabled

if TYPE_CHECKING:
    import pytest

TABLE = """
[[device]]
name = "Test GPU"
multiprocessors = 100
slowdown = [
    ["product_float32", "copy_h2d", 0.99, 1.01, 1.02],
    ["product_tf32", "copy_h2d", 1.03, 1.04, 1.05],
    ["elementwise", "copy_h2d", 1.1, 1.2, 1.3],
    ["reduction", "copy_h2d", 1.2, 1.4, 1.6],
    ["blocks_arithmetic", "copy_h2d", 1.0, 1.0, 1.0],
    ["product_float32", "copy_d2h", 1.0, 1.05, 1.1],
    ["product_float32", "copy_d2d", 1.5, 2.0, 2.5],
    ["copy_d2d", "product_float32", 3.0, 3.5, 4.0],
    ["copy_d2d", "elementwise", 1.0, 1.5, 2.0],
]
copies = [
    ["copy_h2d", "", 1024, 90, 100, 110],
    ["copy_h2d", "", 4096, 290, 300, 310],
    ["copy_h2d", "elementwise", 1024, 100, 110, 120],
    ["copy_h2d", "elementwise", 4096, 450, 600, 750],
    ["copy_h2d", "product_tf32", 1024, 90, 100, 120],
    ["copy_h2d", "product_tf32", 4096, 290, 300, 320],
]

[[device]]
name = "Other GPU"
multiprocessors = 50
slowdown = [
    ["product_float32", "copy_h2d", 1.1, 1.2, 1.4],
    ["copy_d2h", "product_float32", 1.1, 1.2, 1.4],
    ["product_float32", "product_float32", 1.9, 2.0, 2.2],
]
"""


def use(patch: pytest.MonkeyPatch, table: str = TABLE) -> tuple[measured.Model, ...]:
    """The models of a table, which are all that is known until the test ends."""
    found = measured.read_models(table)
    for module in (measured, tabled, factors):
        patch.setattr(module, "models", lambda: found)
    return found


def on(trace: Trace, name: str = "Test GPU", multiprocessors: int = 100) -> Trace:
    """A trace whose first device is of such a model."""
    first = Device("gpu", 0, name, multiprocessors=multiprocessors)
    return replace(trace, devices=(first, *trace.devices[1:]))
