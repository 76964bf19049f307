"""The SQLite export of Nsight Systems (``nsys export --type sqlite``).

Every table is made only when there is something to put in, and columns come and go with the version: what is there is
asked of the file, and taken. Times are ns since the session's start. A process and thread id is one number, with the
process id from bit 24 on and the thread id below it.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from ...errors import TraceUnreadable
from ...places.on_disk import on_disk
from ..base.building import TraceBuilder

if TYPE_CHECKING:
    from pathlib import Path
    from sqlite3 import Connection

    from ...engines import EngineRules
    from ...model import Trace
    from ..base.tracefile import TraceFile

NAME = "nsys-sqlite"

_MAGIC = b"SQLite format 3\0"
_OWN_TABLES = {"StringIds", "TARGET_INFO_GPU", "NVTX_EVENTS", "META_DATA_EXPORT", "DIAGNOSTIC_EVENT"}
_NEXT_STEP = "make one with: nsys export --type sqlite report.nsys-rep"


def recognizes(file: TraceFile) -> bool:
    """Whether the file is an SQLite database; whether one of Nsight Systems, `read` says."""
    return file.raw_head.startswith(_MAGIC)


def read(file: TraceFile, rules: EngineRules, operators: bool) -> Trace:  # noqa: ARG001  # it has no operators
    """Read an export. Raises `TraceUnreadable` for another database."""
    # Only where a file is a database: few are.
    from .rows import Rows
    from .tables import Tables

    builder = TraceBuilder(file, NAME)
    with on_disk(file.path) as path, closing(_opened(path)) as database:
        tables = Tables(database, builder)
        if file.damage:
            raise TraceUnreadable(file.path, "is a damaged SQLite file", "export the report again")
        if not tables.names & _OWN_TABLES and not any(name.startswith("CUPTI_ACTIVITY_KIND_") for name in tables.names):
            raise TraceUnreadable(file.path, "is an SQLite file, but not an export of Nsight Systems", _NEXT_STEP)
        Rows(tables, builder, rules).add_all()
    return builder.build()


def _opened(path: Path) -> Connection:
    import sqlite3

    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
