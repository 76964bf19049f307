"""The host's part of a gap that no call and no range explains, and how to see more of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ....readers.kineto.reader import NAME as KINETO
from ....readers.kineto.reader import PYTHON_FUNCTIONS
from ...evidence import Fact
from ...explained import Rule
from ...stretches import witness
from .parts import is_host_part

if TYPE_CHECKING:
    from ....model import Int64
    from ...stretches import Stretches


def _find(stretches: Stretches) -> Int64:
    return witness(is_host_part(stretches), stretches.after)


HOST_UNOBSERVED = Rule(
    cause="host_unobserved",
    title="host busy with something that was not recorded",
    remedy="",
    find=_find,
    fact=lambda _stretches, _i, _row: Fact("no call or range shows what the host did"),
)

NO_OPERATOR = replace(
    HOST_UNOBSERVED,
    title="no operator ran",
    fact=lambda _stretches, _i, _row: Fact("no thread ran an operator in the gap"),
)


def observing(stretches: Stretches) -> str:
    """How to see what the host did. On a machine without a GPU, ranges of the framework are those that there are."""
    trace = stretches.trace
    on_cpu = trace.devices[stretches.device].kind == "cpu"
    ranges = "record_function" if on_cpu else "record_function, NVTX"
    if len(trace.samples):
        return f"put ranges ({ranges}) around the host's work; gpu-trace open shows its sampled stacks"
    if trace.source.format != KINETO:
        return f"record the host: put {'ranges of the profiler' if on_cpu else 'NVTX ranges'} around its work"
    if PYTHON_FUNCTIONS in trace.source.dropped:
        return "gpu-trace open shows the Python functions of that time"
    return f"record the host: gpu-trace run --level full, or ranges ({ranges}) around its work"
