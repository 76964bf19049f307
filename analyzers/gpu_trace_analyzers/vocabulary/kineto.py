"""The words of Kineto's Chrome JSON, and those that gpu-trace adds to it.

Kineto's own are in its sources ``output_json.cpp`` and ``CuptiActivity.cpp``.
"""

from __future__ import annotations

import re

from ..model import Memory, SyncKind


class Key:
    """Keys of the document, beside its events."""

    SCHEMA = "schemaVersion"
    UNIT = "displayTimeUnit"
    BASE_NS = "baseTimeNanoseconds"
    DEVICES = "deviceProperties"
    DISTRIBUTED = "distributedInfo"
    HOST = "host"
    """of gpu-trace: the name of the machine"""
    PROCESS = "gpu_trace_process"
    """of gpu-trace: what to call the process of this trace among others of its run"""
    STATED = "gpuTrace"
    """under which gpu-trace writes what Kineto has no key for"""
    RECORDED = "gpu_trace"
    """of an event that is a value of a counter: what viewers do not draw of it"""


class Category:
    """What an event's ``cat`` says that it is."""

    KERNEL = "kernel"
    MEMCPY = "gpu_memcpy"
    MEMSET = "gpu_memset"
    RUNTIME = "cuda_runtime"
    DRIVER = "cuda_driver"
    OPERATOR = "cpu_op"
    ANNOTATION = "user_annotation"
    GPU_ANNOTATION = "gpu_user_annotation"
    """repeats host ranges on the GPU's own rows: never work"""
    SYNC = "cuda_sync"
    OVERHEAD = "overhead"
    PYTHON = "python_function"
    ARROW = "ac2g"
    NVTX = "nvtx"
    """of gpu-trace"""
    CPU_WORK = "cpu_work"
    """of gpu-trace: what threads of a CPU did at their innermost operators; Kineto has the operators alone"""
    INSTANT = "cpu_instant_event"
    """of no length: `MEMORY`, and others that no figure needs"""
    COUNTER = "recorded_counter"
    """of gpu-trace: a value that was recorded; counters that follow from other rows have no category"""
    DRAWN = "gpu_trace"
    """of gpu-trace: lanes and notes, which follow from the rest"""


class Argument:
    """Names in an event's ``args``."""

    DEVICE = "device"
    STREAM = "stream"
    CONTEXT = "context"
    PROCESS = "process"
    """of gpu-trace: the id of the process whose work it is"""
    CORRELATION = "correlation"
    OPERATOR = "External id"
    SHAPES = "Input Dims"
    TYPES = "Input type"
    VALUES = "Concrete Inputs"
    RECORD_FUNCTION = "Record function id"
    """0 unless something that observes PyTorch's operators asked for numbers, as its `ExecutionTraceObserver` does"""
    GRAPH = "graph id"
    GRAPH_NODE = "graph node id"
    ENGINE = "gpu_trace_engine"
    """of gpu-trace: the engine of an operation whose name alone would give another"""
    BYTES = "bytes"
    FROM_DEVICE = "fromDevice"
    IN_DEVICE = "inDevice"
    TO_DEVICE = "toDevice"
    GRID = "grid"
    BLOCK = "block"
    COLLECTIVE = "Collective name"
    GROUP = "Process Group Name"
    GROUP_RANKS = "Process Group Ranks"
    SEQUENCE = "Seq"
    ELEMENTS_IN = "In msg nelems"
    ELEMENTS_OUT = "Out msg nelems"
    ELEMENT = "dtype"
    AWAITED_STREAM = "wait_on_stream"
    AWAITED_CORRELATION = "wait_on_cuda_event_record_corr_id"
    THREAD = "thread"
    SCOPE = "scope"
    DOMAIN = "domain"
    CATEGORY = "category"
    PAYLOAD = "payload"
    COLOR = "color"
    ALLOCATED = "Total Allocated"
    RESERVED = "Total Reserved"
    DEVICE_TYPE = "Device Type"
    DEVICE_ID = "Device Id"


MEMORY = "[memory]"
"""The name of an instant at which memory was allocated or released."""

WORK = {
    "context": Argument.CONTEXT,
    "process": Argument.PROCESS,
    "correlation": Argument.CORRELATION,
    "graph": Argument.GRAPH,
    "graph_node": Argument.GRAPH_NODE,
    "size": Argument.BYTES,
    "peer": Argument.TO_DEVICE,
    "grid": Argument.GRID,
    "block": Argument.BLOCK,
    "group": Argument.GROUP,
    "sequence": Argument.SEQUENCE,
}
"""The columns of `DeviceWork` that are arguments; its memories are in the names of copies."""

SYNC = {
    "stream": Argument.STREAM,
    "awaited_stream": Argument.AWAITED_STREAM,
    "awaited_correlation": Argument.AWAITED_CORRELATION,
    "correlation": Argument.CORRELATION,
}
"""Those of `Syncs`; a wait is that of no process."""

ELEMENT_BYTES = {
    **dict.fromkeys(("Byte", "Char", "Bool", "QInt8", "QUInt8"), 1),
    **dict.fromkeys(("Float8_e5m2", "Float8_e4m3fn", "Float8_e5m2fnuz", "Float8_e4m3fnuz", "Float8_e8m0fnu"), 1),
    **dict.fromkeys(("Short", "UInt16", "Half", "BFloat16"), 2),
    **dict.fromkeys(("Int", "UInt32", "Float", "QInt32", "ComplexHalf"), 4),
    **dict.fromkeys(("Long", "UInt64", "Double", "ComplexFloat"), 8),
    "ComplexDouble": 16,
}
"""How large an element of a collective is, by the name that PyTorch gives its type."""

CALL = {"correlation": Argument.CORRELATION}
"""Those of `HostCalls`."""

OPERATOR = {"shapes": Argument.SHAPES, "types": Argument.TYPES, "values": Argument.VALUES}
"""Those of `HostOperators` that are lists."""
OPERATOR_NUMBER = {"record_function": Argument.RECORD_FUNCTION}
"""Those that are numbers."""

RANGE = {"domain": Argument.DOMAIN, "category": Argument.CATEGORY, "payload": Argument.PAYLOAD}
"""Those of `Ranges` that are text."""

OF_THE_PROCESS = "process"
"""``args.scope`` of an NVTX range that belongs to no one thread"""

SYNCS = {
    SyncKind.CONTEXT: "Context Sync",
    SyncKind.STREAM: "Stream Sync",
    SyncKind.EVENT: "Event Sync",
    SyncKind.STREAM_WAIT: "Stream Wait Event",
}
"""Names of synchronization."""
SYNC_KINDS = {name: kind for kind, name in SYNCS.items()}

MEMORIES = {
    "Pageable": Memory.PAGEABLE,
    "Pinned": Memory.PINNED,
    "Device": Memory.DEVICE,
    "Array": Memory.DEVICE,
    "Managed": Memory.MANAGED,
    "Device Static": Memory.DEVICE,
    "Managed Static": Memory.MANAGED,
}
"""The words for memories in the names of copies and memsets."""

_ANY_CASE = {word.lower(): memory for word, memory in MEMORIES.items()}
_ENDS = re.compile(r"\((\w+(?: Static)?) -> (\w+(?: Static)?)\)", re.IGNORECASE)


def copy_name(kind: str, source: str, target: str) -> str:
    """``Memcpy HtoD (Pinned -> Device)``."""
    return f"Memcpy {kind} ({source} -> {target})"


def memset_name(memory: str) -> str:
    """``Memset (Device)``."""
    return f"Memset ({memory})"


def memory_word(memory: int) -> str:
    """What Kineto calls a `Memory`."""
    return Memory(memory).name.capitalize()


def copy_ends(name: str) -> tuple[Memory, Memory]:
    """Where a copy of this name reads and writes; `Memory.UNKNOWN` where it does not say."""
    ends = _ENDS.search(name)
    source, target = ends.groups() if ends else ("", "")
    return _ANY_CASE.get(source.lower(), Memory.UNKNOWN), _ANY_CASE.get(target.lower(), Memory.UNKNOWN)
