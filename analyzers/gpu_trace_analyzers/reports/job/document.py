"""``gpu-trace.job/1``: the stable document of a job of many ranks, as `sections.FIELDS` declares it.

Times are integers in ns, sizes integers in bytes. Fields are added, never renamed or removed, as long as ``schema``
says so. Its size is bounded for any number of ranks, so it is written with a line per row and not per number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ..fields import Within, values
from .sections import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...job.answer import JobAnswer

SCHEMA = "gpu-trace.job/1"


def to_json(answer: JobAnswer) -> str:
    """The document as JSON text with a newline at its end."""
    return "{\n" + ",\n".join(f" {_text(key)}: {_value(each)}" for key, each in to_document(answer).items()) + "\n}\n"


def to_document(answer: JobAnswer) -> dict[str, Any]:
    """The document as plain data."""
    return {"schema": SCHEMA, **values(FIELDS, answer, Within())}


def _value(value: Any) -> str:
    """Rows have a line each, and so have the keys of an object."""
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(f"  {_text(each)}" for each in value) + "\n ]"
    if isinstance(value, dict) and value:
        return "{\n" + ",\n".join(_lines(value)) + "\n }"
    return _text(value)


def _lines(value: dict[str, Any]) -> Iterator[str]:
    return (f"  {_text(key)}: {_text(each)}" for key, each in value.items())


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
