"""What the numbers mean in columns that hold one of a few things: engines, memories, kinds of ranges, states."""

from __future__ import annotations

from enum import IntEnum


class Engine(IntEnum):
    """The class of a device operation. Assigned once, by the reader, from the rules in `engines`."""

    COMPUTE = 0
    COLLECTIVE = 1
    COPY_H2D = 2
    COPY_D2H = 3
    COPY_P2P = 4
    COPY_D2D = 5
    MEMSET = 6
    UNKNOWN = 7

    @property
    def key(self) -> str:
        """Its name in ``summary.json``: ``copy_h2d``."""
        return self.name.lower()


KERNELS = (Engine.COMPUTE, Engine.COLLECTIVE)
"""Engines whose operations are kernels on a GPU."""

BUS_COPIES = (Engine.COPY_H2D, Engine.COPY_D2H, Engine.COPY_P2P)
"""Copies that cross the bus or the link between devices: those that count as copies on a GPU by default."""

ALL_COPIES = (*BUS_COPIES, Engine.COPY_D2D)


class Memory(IntEnum):
    """The memory at one end of a copy, in CUPTI's terms."""

    UNKNOWN = 0
    PAGEABLE = 1
    PINNED = 2
    DEVICE = 3
    MANAGED = 4


class RangeKind(IntEnum):
    """The API that made the range."""

    NVTX = 0
    ANNOTATION = 1
    """``torch.profiler.record_function``, and PyTorch's own (``ProfilerStep#3``, ``Optimizer.step#...``)."""


class SyncKind(IntEnum):
    """What a synchronization row waited for."""

    CONTEXT = 0
    STREAM = 1
    EVENT = 2
    STREAM_WAIT = 3
    """A stream waits on an event of another stream; the host does not wait."""


class ThreadState(IntEnum):
    """What a thread did when its stack was sampled."""

    UNKNOWN = 0
    RUNNING = 1
    """on a CPU, without Python's global interpreter lock (GIL)"""
    WAITING = 2
    """off the CPUs"""
    HOLDS_LOCK = 3
    """with the GIL, whether it ran Python or C"""
    WAITS_FOR_LOCK = 4
    """until another thread lets go of the GIL"""
