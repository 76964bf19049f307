"""CUPTI's numbers, which its records and the exports of Nsight Systems have, and the words that Kineto has for them."""

from __future__ import annotations

from ..model import SyncKind

COPIES = dict(enumerate("HtoD DtoH HtoA AtoH AtoA AtoD DtoA DtoD HtoH PtoP".split(), 1))  # noqa: SIM905
"""CUpti_ActivityMemcpyKind, as `kineto.copy_name` takes it"""

MEMORIES = dict(enumerate(("Pageable", "Pinned", "Device", "Array", "Managed", "Device Static", "Managed Static"), 1))
"""CUpti_ActivityMemoryKind, by the words of `kineto.MEMORIES`. Nsight Systems has numbers of its own."""

SYNCS = {1: SyncKind.EVENT, 2: SyncKind.STREAM_WAIT, 3: SyncKind.STREAM, 4: SyncKind.CONTEXT}
"""CUpti_ActivitySynchronizationType"""

QUEUE_FULL = "Command Buffer Full"
"""CUPTI's overhead for the time in which a launch waited for room in the launch queue, as Kineto calls it"""
