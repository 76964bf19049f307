"""``summary.json``: the stable document that other programs read, as `sections.FIELDS` declares it.

Times are integers in ns, sizes integers in bytes, ratios floats or null. Fields are added, never renamed or removed,
as long as ``schema`` says ``gpu-trace.summary/1``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .fields import At, values
from .sections import FIELDS, device

if TYPE_CHECKING:
    from ..summary import Summary

SCHEMA = "gpu-trace.summary/1"


def to_json(summary: Summary) -> str:
    """The document as indented JSON text, with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(to_document(summary)), indent=1).decode() + "\n"


def to_document(summary: Summary) -> dict[str, Any]:
    """The document as plain data. Devices are named by their position in ``devices``."""
    return {"schema": SCHEMA, **values(FIELDS, summary, At.of(summary))}


def device_documents(summary: Summary) -> list[dict[str, Any]]:
    """The entries of ``devices``."""
    found: list[dict[str, Any]] = values(device.FIELDS, summary, At.of(summary))["devices"]
    return found
