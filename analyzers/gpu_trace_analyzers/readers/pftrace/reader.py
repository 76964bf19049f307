"""The ``.pftrace`` that gpu-trace itself writes: native Perfetto protobuf.

What is read are the lanes of the engines, the host's threads, NVTX ranges and synchronization, all of them slices of
tracks; the render stages repeat the work, findings and counters follow from it. Traces of other writers have no such
lanes, and are refused. Numbers of fields: https://github.com/google/perfetto/tree/main/protos/perfetto/trace
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import FormatUnsupported
from ..base.building import TraceBuilder
from ..base.merging import merge
from .rows import EXPECTED, Rows
from .slices import Slices
from .wire import OURS, Broken, packets

if TYPE_CHECKING:
    from ...engines import EngineRules
    from ...model import Trace
    from ..base.tracefile import TraceFile

NAME = "perfetto"

_ENDINGS = (".pftrace", ".pftrace.gz", ".perfetto-trace", ".perfetto-trace.gz")


def recognizes(file: TraceFile) -> bool:
    """Whether it begins with a packet, and gpu-trace wrote it or its name is that of a Perfetto trace."""
    return file.head.startswith(OURS) or (file.head[:1] == b"\n" and file.path.name.endswith(_ENDINGS))


def read(file: TraceFile, rules: EngineRules, operators: bool) -> Trace:  # noqa: ARG001  # engines are in the file
    """Read a trace. Raises `FormatUnsupported` for one that gpu-trace did not write."""
    slices = _slices(file)
    if not slices.is_ours:
        raise FormatUnsupported(
            file.path, "is a Perfetto trace that gpu-trace did not write", "give the trace it was made from"
        )
    builders: dict[int, TraceBuilder] = {}
    rows = Rows(slices, lambda rank: builders.setdefault(rank, _builder(file, rank, slices)), operators)
    rows.add_all()
    file.damage.extend(slices.missing())
    first = rows.builder_of(min(builders, default=-1))
    first.events = slices.events
    first.dropped.update(rows.dropped)
    first.expected.update(EXPECTED)
    traces = [builder.build() for _, builder in sorted(builders.items())]
    return traces[0] if len(traces) == 1 else merge(str(file.path), traces)


def _slices(file: TraceFile) -> Slices:
    slices, broken = Slices(), 0
    try:
        for at, packet in packets(file.blocks()):
            broken += not slices.took(packet, at)
    except Broken as error:
        file.damage.append(f"the file is cut off or damaged ({error}); data after the damage is lost")
    if broken:
        file.damage.append(f"{broken} packets could not be read")
    return slices


def _builder(file: TraceFile, rank: int, slices: Slices) -> TraceBuilder:
    builder = TraceBuilder(file, NAME)
    builder.rank, builder.epoch_ns, builder.resolution_ns = rank, slices.epoch_ns, 1
    return builder
