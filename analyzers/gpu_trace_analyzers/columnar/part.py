"""One trace as a folder of Parquet files, a file per table that has rows."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from ..errors import TraceUnreadable
from ..model import Device, Frames, Process, Trace
from . import records
from .arrow import arrow
from .digests import digest
from .facts import Facts
from .parquet_file import read_table, write_table
from .tables import from_arrow, texts, to_arrow
from .version import WRITE_AGAIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from ..columns import Columns
    from ..places import Place

    _Place = TypeVar("_Place", bound=Place)

STRINGS = "strings"
"""The table that every part has: the strings of the trace in order. What the trace says of itself is its metadata, and
the digests of the other files, so that its own digest is that of the part."""
STAGING = ".part."
"""How the name of a part begins until all its files are there; a worker that is killed leaves such a one."""
_FACTS_KEY = "gpu_trace.trace"
_UNFIT = "has columns that do not fit together"


def file_of(folder: _Place, table: str) -> _Place:
    """The file of a table."""
    return folder / f"{table}.parquet"


def _table_types() -> dict[str, type[Columns]]:
    return {**Trace.table_types(), "stack_frames": Frames}


def write_part(trace: Trace, folder: Path) -> None:
    """Write a trace into a folder, which is there afterwards with all files, or not at all; one that is there stays.

    Raises ``OSError`` where files cannot be written.
    """
    staging = folder.with_name(f"{STAGING}{folder.name}.{uuid4().hex}")
    staging.mkdir(parents=True)
    try:
        _write_tables(trace, staging)
        staging.rename(folder)
    except OSError:
        shutil.rmtree(staging, ignore_errors=True)
        if not folder.is_dir():  # a task of a cluster may run twice
            raise


def digest_of(folder: Place) -> str:
    """The digest of a part. Raises ``OSError``."""
    return digest(file_of(folder, STRINGS).read_bytes())


def _write_tables(trace: Trace, folder: Path) -> None:
    facts, strings = Facts.of(trace), texts(trace.strings)
    tables = _tables_of(trace, facts, strings)
    digests = {name: write_table(table, file_of(folder, name)) for name, table in tables}
    stated = replace(facts, digests=digests).to_json()
    write_table(arrow().table({"text": strings}), file_of(folder, STRINGS), {_FACTS_KEY: stated})


def _tables_of(trace: Trace, facts: Facts, strings: pa.StringArray) -> Iterator[tuple[str, pa.Table]]:
    """Every table that a part has beside its strings, by the name of its file."""
    yield "devices", records.to_arrow(Device, trace.devices)
    yield "processes", records.to_arrow(Process, trace.processes)
    yield from ((name, to_arrow(getattr(trace, name), strings)) for name in facts.rows)


def read_part(folder: Place, stated: str | None = None) -> Trace:
    """The trace of such a folder, whose digest is ``stated`` somewhere.

    Raises `TraceUnreadable` for one that is damaged, incomplete, another one or too new.
    """
    head, metadata = read_table(file_of(folder, STRINGS), stated)
    strings = tuple(head.column("text").to_pylist())
    try:
        return _trace(folder, strings, Facts.from_json(metadata.get(_FACTS_KEY, "")))
    except (KeyError, TypeError):  # their texts say nothing of the file
        raise TraceUnreadable(folder, _UNFIT, WRITE_AGAIN) from None
    except (ValueError, AssertionError) as error:
        raise TraceUnreadable(folder, f"{_UNFIT} ({error})", WRITE_AGAIN) from error


def _trace(folder: Place, strings: tuple[str, ...], facts: Facts) -> Trace:
    codes = {strings[code]: code for code in reversed(range(len(strings)))}
    types, tables = _table_types(), dict[str, Any]()

    def read(name: str, kind: type[Columns] | None = None) -> pa.Table:
        return read_table(file_of(folder, name), facts.digests.get(name, ""), kind)[0]

    for name, count in facts.rows.items():
        table = read(name, types[name])
        if len(table) != count:
            raise ValueError(f"{name} has {len(table):,} rows of {count:,}")
        tables[name] = from_arrow(types[name], table, codes)
    trace = Trace(
        source=facts.source,
        strings=strings,
        devices=records.from_arrow(Device, read("devices")),
        processes=records.from_arrow(Process, read("processes")),
        epoch_ns=facts.epoch_ns,
        **tables,
    )
    trace.check()
    return trace
