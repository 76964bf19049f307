"""The words of the Perfetto traces that gpu-trace writes and reads: tracks, categories and arguments of slices."""

from __future__ import annotations

from ..model import DeviceWork, Engine, HostCalls, HostOperators, Memory, Ranges, SyncKind, Syncs, Table

OWN_CLOCKS = 128
"""Numbers from here on are those of a writer's own clocks: on one, gpu-trace writes when slices and values are."""

LANES = {
    Engine.COMPUTE: "Compute",
    Engine.COLLECTIVE: "Collectives",
    Engine.COPY_H2D: "Copy host to device",
    Engine.COPY_D2H: "Copy device to host",
    Engine.COPY_P2P: "Copy to peer",
    Engine.COPY_D2D: "Copy inside device",
    Engine.MEMSET: "Memset",
    Engine.UNKNOWN: "Unknown",
}
"""Titles of the lanes of a device that hold work."""
EXPOSED = "Exposed copy"
PREDICTED = "Predicted: "
"""Before the title of a lane that holds work as it is predicted."""
CRITICAL = "Predicted: critical path"
FINDINGS = "Findings"
ACCOUNT = "Account"
"""The lane that says of each nanosecond who had the device."""
SYNCHRONIZATION = "Synchronization"
DERIVED = "derived"
"""The category of counters that were not recorded: their values follow from other rows."""
DOUBTS = "In doubt"
"""The lane that says why the figures of a device are in doubt."""
OVERHEADS = "Profiler overhead"

_WHOSE = " · "


def titled(whose: str, title: str) -> str:
    """The name of a track of that title, where it has to say whose it is."""
    return f"{whose}{_WHOSE}{title}"


def title_of(track: str) -> str:
    """The title of a track, whether or not its name says whose it is."""
    return track.rpartition(_WHOSE)[2]


class Category:
    """What a slice is."""

    KERNEL = "kernel"
    COLLECTIVE = "collective"
    COPY = "copy"
    MEMSET = "memset"
    UNKNOWN = "unknown"
    FINDING = "finding"
    CALL = "call"
    OPERATOR = "operator"
    ANNOTATION = "annotation"
    NVTX = "nvtx"
    SYNC = "sync"
    OVERHEAD = "overhead"
    RECORDING = "recording"
    """when a process was recorded"""
    DOUBT = "doubt"
    PREDICTION = "prediction"
    ACCOUNT = "account"


class Argument:
    """Names of a slice's arguments."""

    STREAM = "stream"
    CORRELATION = "correlation"
    BYTES = "bytes"
    GRID = "grid"
    BLOCK = "block"
    SOURCE = "from"
    TARGET = "to"
    PEER = "peer device"
    DOMAIN = "domain"
    CATEGORY = "category"
    COLOR = "color"
    PAYLOAD = "payload"
    AWAITED_STREAM = "waits for stream"
    WHAT = "what"
    GROUP = "process group"
    SEQUENCE = "sequence"
    CONTEXT = "context"
    PROCESS = "process"
    """the id of the process, where the trace has several"""
    AWAITED_CORRELATION = "waits for correlation"
    GRAPH = "graph"
    GRAPH_NODE = "graph node"
    OPERATIONS = "operations"
    THREAD = "thread"
    SHAPES = "shapes"
    TYPES = "types"
    VALUES = "values"
    RECORD_FUNCTION = "record function"
    LOSS = "loss"
    """the id of the loss that a stretch of an account is of"""
    CAUSE = "cause"


def _words(group: type) -> tuple[str, ...]:
    return tuple(word for name, word in vars(group).items() if name.isupper())


CATEGORIES, ARGUMENTS = _words(Category), _words(Argument)
"""In the order of the ids by which slices speak of them."""

COLUMNS: dict[type[Table], dict[str, str]] = {
    DeviceWork: {
        "stream": Argument.STREAM,
        "context": Argument.CONTEXT,
        "correlation": Argument.CORRELATION,
        "graph": Argument.GRAPH,
        "graph_node": Argument.GRAPH_NODE,
        "grid": Argument.GRID,
        "block": Argument.BLOCK,
        "group": Argument.GROUP,
        "sequence": Argument.SEQUENCE,
        "size": Argument.BYTES,
        "source": Argument.SOURCE,
        "target": Argument.TARGET,
        "peer": Argument.PEER,
    },
    Syncs: {
        "stream": Argument.STREAM,
        "awaited_stream": Argument.AWAITED_STREAM,
        "awaited_correlation": Argument.AWAITED_CORRELATION,
        "correlation": Argument.CORRELATION,
    },
    HostCalls: {"correlation": Argument.CORRELATION},
    HostOperators: {
        "shapes": Argument.SHAPES,
        "types": Argument.TYPES,
        "values": Argument.VALUES,
        "record_function": Argument.RECORD_FUNCTION,
    },
    Ranges: {"domain": Argument.DOMAIN, "category": Argument.CATEGORY, "payload": Argument.PAYLOAD},
}
"""The columns of each table that are arguments: text and devices by their roles, `MEMORY_COLUMNS` by their word, all
others as numbers. A row that has nothing in a column lacks the argument."""

MEMORY_COLUMNS = frozenset({"source", "target"})
SIGNED_COLUMNS = frozenset({"stream"})
"""of which a number below zero is one: a CPU's streams are its threads, whose ids may be hashes"""

SYNCS = {kind: f"{kind.name.lower().replace('_', ' ')} sync" for kind in SyncKind}
"""Names of the slices of synchronization."""
MEMORIES = {memory: memory.name.lower() for memory in Memory}
