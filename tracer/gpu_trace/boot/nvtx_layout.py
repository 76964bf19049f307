"""How NVTX events lie in their files: written by ``injection.c`` or the Python hooks, read by ``nvtx_recording``.

A process with the id P writes ``nvtx-P-N.events`` and ``nvtx-P-N.texts``, where N tells programs apart that became one
another by exec:

- events: chunks of 64 KiB. The first holds the `HEADER`: `MAGIC`, then uint32 `VERSION`, process id, size of a
  chunk and of an event, then uint64 number of chunks in use and of events lost. In the others events of 48
  bytes (`EVENT`) follow one another, those of one thread in the order of their times; one of kind 0 was never finished.
  ``range`` has the number of a range that was started or ended (`START`, `END`), which any thread may end. In all
  others it has the number of the thread, because Linux gives the id of a dead thread to a new one.
- texts: records of four uint32, kind, id, scope and length (`TEXT`), then as many bytes of UTF-8.

``injection.c`` spells the same; a test holds the two against each other.
"""

from __future__ import annotations

MAGIC = b"GTNVTX\r\n"
VERSION = 1
CHUNK = 1 << 16
MOST_BYTES = 512 << 20
"""of events, for one process"""

HEADER = "<8sIIIIQQ"
"""magic, version, process id, bytes of a chunk, bytes of an event, chunks in use, events lost; as `struct` spells it"""
EVENT = "<qQQIIIIIBBBB"
"""at_ns, range, payload, name, domain, category, color, thread, payload_type, has_color, reserved, kind"""
TEXT = "<IIII"
"""kind, id, scope, length"""

PUSH, POP, START, END, MARK, THREAD_END, BINARY = range(1, 8)
"""Kinds of events. `THREAD_END`: the thread has ended. `BINARY`: a piece of a binary payload."""
STRING, CATEGORY, THREAD, ADDRESS, PARENT, SCHEMA = range(1, 7)
"""Kinds of texts: a string and its number; the name of category ``id`` in the domain whose name is string ``scope``;
the name of thread ``id``; the lower 32 bits of the ``pthread_t`` of thread ``id`` as ``scope``; the parent's process id
as ``id``; the schema ``id`` of binary payloads in the domain whose name is string ``scope``."""
