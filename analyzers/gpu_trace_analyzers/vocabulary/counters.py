"""Names of the counters that gpu-trace knows, and their units."""

from __future__ import annotations

ALLOCATED = "memory allocated"
"""Bytes that the framework's allocator has given out: on a device, or of the process's host memory."""
RESERVED = "memory reserved"
"""Bytes that it holds on a device, given out or not."""
BYTES = "bytes"
GPU_FAULTS = "GPU page faults"
"""Of unified memory, on a device: how many there were until then."""
CPU_FAULTS = "CPU page faults"
"""The same on the host of a process."""
FAULTS = "faults"
