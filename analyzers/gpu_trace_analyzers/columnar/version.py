"""The version of the layout of columns, which each file states."""

from __future__ import annotations

from ..errors import FormatUnsupported

VERSION = 1
"""raised by every change of the columns, so that an earlier gpu-trace does not overlook one"""
WRITE_AGAIN = "write the columns again: gpu-trace summary TRACE --columns FOLDER"
"""what to do about columns that are damaged"""


def refuse_later(path: object, version: int) -> None:
    """Raise `FormatUnsupported` for a version that came after this one."""
    if version > VERSION:
        problem = f"has version {version} of the columns, and this gpu-trace reads versions up to {VERSION}"
        raise FormatUnsupported(path, problem, "upgrade gpu-trace")
