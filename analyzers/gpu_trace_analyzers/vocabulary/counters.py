"""Names of the counters that gpu-trace knows, and their units."""

from __future__ import annotations

ALLOCATED = "memory allocated"
"""Bytes that the framework's allocator has given out: on a device, or of the process's host memory."""
RESERVED = "memory reserved"
"""Bytes that it holds on a device, given out or not."""
BYTES = "bytes"
