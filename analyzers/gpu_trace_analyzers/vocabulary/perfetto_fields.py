"""Numbers of the fields of Perfetto's messages that are read, or written by the ten thousand, without its protos.

Each class is a message, and each name that of its field, in capitals; a test compares them with the descriptors of the
``perfetto`` package. https://github.com/google/perfetto/tree/main/protos/perfetto/trace
"""

from __future__ import annotations


class Trace:
    """The file."""

    PACKET = 1


class TracePacket:
    """One packet."""

    CLOCK_SNAPSHOT = 6
    TIMESTAMP = 8
    TRUSTED_PACKET_SEQUENCE_ID = 10
    TRACK_EVENT = 11
    INTERNED_DATA = 12
    SEQUENCE_FLAGS = 13
    THREAD_DESCRIPTOR = 44
    GPU_RENDER_STAGE_EVENT = 53
    STREAMING_PROFILE_PACKET = 54
    TRACK_DESCRIPTOR = 60


class Own:
    """Fields of a packet that Perfetto does not have, and skips."""

    COUNTED = 9000
    """in the first packet, 1: the others will come"""
    SLICES_TO_COME = 9001
    """in front of all slices, how many each track has, as (1: (1: track, 2: slices)) for each"""
    BYTES_BEFORE = 9002
    """in the last packet: how many bytes of the trace are in front of it"""
    SAMPLES = 9003
    """in a packet of samples, what Perfetto has no field for: `SampleColumns`"""


class SampleColumns:
    """Columns of samples, each as the bytes of its little-endian numbers."""

    START_NS = 1
    END_NS = 2
    FRAME = 3
    """position in ``Trace.stack_frames``; -1 for a stack that could not be read"""
    STATE = 4


class ClockSnapshot:
    """One instant on several clocks."""

    CLOCKS = 1


class Clock:
    """The instant on one of them."""

    CLOCK_ID = 1
    TIMESTAMP = 2


class BuiltinClock:
    """Numbers of clocks."""

    BUILTIN_CLOCK_REALTIME = 1
    """the time of day"""
    BUILTIN_CLOCK_BOOTTIME = 6
    """that of the trace"""


class InternedData:
    """Tables of names: each row is an `InternedName`, those of the GPU have more fields."""

    EVENT_CATEGORIES = 1
    EVENT_NAMES = 2
    DEBUG_ANNOTATION_NAMES = 3
    FUNCTION_NAMES = 5
    FRAMES = 6
    CALLSTACKS = 7
    MAPPING_PATHS = 17
    SOURCE_PATHS = 18
    MAPPINGS = 19
    GRAPHICS_CONTEXTS = 23
    GPU_SPECIFICATIONS = 24
    DEBUG_ANNOTATION_STRING_VALUES = 29


class InternedName:
    """A row of such a table."""

    IID = 1
    NAME = 2


class StreamingProfilePacket:
    """Samples of the thread that its sequence describes."""

    CALLSTACK_IID = 1
    TIMESTAMP_DELTA_US = 2


class Callstack:
    """A row of the table of stacks: its frames, outermost first."""

    IID = 1
    FRAME_IDS = 2


class Frame:
    """A row of the table of frames."""

    IID = 1
    FUNCTION_NAME_ID = 2
    MAPPING_ID = 3
    REL_PC = 4
    SOURCE_PATH_IID = 5
    LINE_NUMBER = 6


class Mapping:
    """A row of the table of files that code is in."""

    IID = 1
    PATH_STRING_IDS = 7


class TrackDescriptor:
    """A row of the timeline, or a group of rows."""

    UUID = 1
    NAME = 2
    PROCESS = 3
    THREAD = 4
    PARENT_UUID = 5
    COUNTER = 8


class ProcessDescriptor:
    """A process."""

    PID = 1
    PROCESS_NAME = 6
    PROCESS_LABELS = 8


class ThreadDescriptor:
    """A thread."""

    PID = 1
    TID = 2
    THREAD_NAME = 5
    REFERENCE_TIMESTAMP_US = 6
    """what the times of samples count from"""


class CounterDescriptor:
    """A row with a value over time."""

    CATEGORIES = 2
    UNIT_NAME = 6


class TrackEvent:
    """The beginning or end of a slice, or a value of a counter."""

    CATEGORY_IIDS = 3
    DEBUG_ANNOTATIONS = 4
    TYPE = 9
    NAME_IID = 10
    TRACK_UUID = 11
    COUNTER_VALUE = 30
    DOUBLE_COUNTER_VALUE = 44
    FLOW_IDS = 47


class TrackEventType:
    """Which of them."""

    TYPE_SLICE_BEGIN = 1
    TYPE_SLICE_END = 2
    TYPE_COUNTER = 4


class DebugAnnotation:
    """An argument of a slice."""

    NAME_IID = 1
    INT_VALUE = 4
    STRING_VALUE_IID = 17


class GpuRenderStageEvent:
    """Work of a GPU."""

    EVENT_ID = 1
    DURATION = 2
    CONTEXT = 5
    EXTRA_DATA = 6
    GPU_ID = 11
    HW_QUEUE_IID = 13
    STAGE_IID = 14
    LAUNCH = 21


class ExtraData:
    """A named argument of it."""

    NAME = 1
    VALUE = 2


class ComputeKernelLaunch:
    """How a kernel was launched."""

    GRID_SIZE = 1
    WORKGROUP_SIZE = 2


class Dim3:
    """A size in three dimensions."""

    X = 1
    Y = 2
    Z = 3
