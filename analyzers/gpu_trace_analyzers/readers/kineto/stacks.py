"""Sampled stacks that gpu-trace wrote as V8's profiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from ...model import MISSING, Samples
from ...vocabulary.v8 import NO_STACK, OWN, PROFILE
from ..base.columns import as_id
from ..base.frames import LAST_LINE, NOT_IN_THE_FILE, known_states
from ..base.stamps import LIMIT_NS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...model import Int64
    from ..base.building import TraceBuilder
    from ..chrome import Event

DAMAGED = "damaged chunks of sampled stacks"
FOREIGN = "samples of other profilers"
_LONGEST_NS = 1 << 50
"""Between two samples, and of one: 13 days. Sums of a chunk's fit int64."""


class _CallFrame(msgspec.Struct):
    name: str = msgspec.field(default="", name="functionName")
    url: str = ""
    line: int = msgspec.field(default=-1, name="lineNumber")


class _Node(msgspec.Struct):
    id: int
    parent: int | None = None
    place: _CallFrame = msgspec.field(default_factory=_CallFrame, name="callFrame")


class _Tree(msgspec.Struct):
    nodes: list[_Node] = []
    samples: list[int] = []


class _Own(msgspec.Struct):
    start_ns: int
    deltas_ns: list[int]
    durations_ns: list[int]
    states: list[int]


class _Chunk(msgspec.Struct):
    tree: _Tree = msgspec.field(default_factory=_Tree, name="cpuProfile")
    own: _Own | None = msgspec.field(default=None, name=OWN)


_decode = msgspec.json.Decoder(_Chunk).decode


class Stacks:
    """Makes samples and frames of chunks, in the order of the file."""

    def __init__(self, builder: TraceBuilder) -> None:
        self._builder = builder
        self._frames: dict[tuple[int, int], dict[int, int]] = {}
        """by process and thread the position of the frame of each node"""

    def take(self, event: Event) -> None:
        """Take an event of phase ``P``. What another writer wrote, or is damaged, is counted as dropped."""
        if event.name == PROFILE:  # that its chunks follow
            return
        try:
            chunk = _decode(event.args.data)
            columns = _columns(chunk.own, chunk.tree.samples) if chunk.own else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError):
            self._builder.dropped[DAMAGED] += 1
            return
        if not columns:
            self._builder.dropped[FOREIGN] += 1
            self._builder.expected.add(FOREIGN)
            return
        pid, tid = as_id(event.pid), as_id(event.tid)
        frames = self._frames.setdefault((pid, tid), {NO_STACK: MISSING})
        self._learn(frames, chunk.tree.nodes)
        columns["frame"] = self._positions(frames, columns.pop("node"))
        self._builder.note_stamps(columns["start_ns"])
        count = len(columns["frame"])
        place = {"process": np.full(count, self._builder.process(pid)), "thread": np.full(count, tid)}
        self._builder.add(Samples, **columns, **place)

    def _learn(self, frames: dict[int, int], nodes: list[_Node]) -> None:
        """Take the nodes that the chunk adds. One whose caller is not in the file stands for no frame."""
        code = self._builder.strings
        for node in nodes:
            caller = MISSING if node.parent is None else frames.get(node.parent)
            if caller is not None and node.id != NO_STACK:
                place = node.place
                line = place.line + 1 if 0 <= place.line < LAST_LINE else MISSING
                function, file = (code[text] if text else MISSING for text in (place.name, place.url))
                frames[node.id] = self._builder.frames.position(caller, function, file, line)

    def _positions(self, frames: dict[int, int], nodes: Int64) -> Int64:
        """The frames of the nodes of samples; `MISSING`, and counted, where the file lacks one."""
        distinct, which, counts = np.unique(nodes, return_inverse=True, return_counts=True)
        known = [node in frames for node in distinct.tolist()]
        if not all(known):
            self._builder.dropped[NOT_IN_THE_FILE] += int(counts[~np.array(known)].sum())
        return np.array([frames.get(node, MISSING) for node in distinct.tolist()], dtype=np.int64)[which.reshape(-1)]


def _columns(own: _Own, nodes: list[int]) -> dict[str, NDArray[Any]]:
    """What a chunk says of its samples. Raises ``ValueError`` or ``OverflowError`` where that cannot be true."""
    node, deltas_ns, durations_ns, state = (
        np.array(column, dtype=np.int64) for column in (nodes, own.deltas_ns, own.durations_ns, own.states)
    )
    if len({len(node), len(deltas_ns), len(durations_ns), len(state)}) > 1:
        raise ValueError("columns of different lengths")
    lengths_ns = np.concatenate((deltas_ns, durations_ns))
    if ((lengths_ns < 0) | (lengths_ns > _LONGEST_NS)).any():
        raise ValueError("lengths that cannot be true")
    if abs(own.start_ns) >= LIMIT_NS:
        raise ValueError("a sample at no time")
    start_ns = own.start_ns + np.cumsum(deltas_ns)
    return {"start_ns": start_ns, "end_ns": start_ns + durations_ns, "state": known_states(state), "node": node}
