"""One trace as a folder of Parquet files, a file per table that has rows."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from ..errors import TraceUnreadable
from ..model import Device, Frames, Process, Role, Trace
from . import records
from .arrow import arrow
from .facts import Facts
from .tables import from_arrow, texts, to_arrow
from .version import VERSION, refuse_later

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from ..columns import Columns
    from ..places import Place

    _Place = TypeVar("_Place", bound=Place)

STRINGS = "strings"
"""The table that every part has: the strings of the trace in order. What the trace says of itself is its metadata."""
STAGING = ".part."
"""How the name of a part begins until all its files are there; a worker that is killed leaves such a one."""
_WRITE_AGAIN = "write the columns again: gpu-trace summary TRACE --columns FOLDER"
_VERSION_KEY, _FACTS_KEY = "gpu_trace.columns", "gpu_trace.trace"
_LEVEL = 3
"""of zstd: 9 takes 1.4 times as long to write and saves 3 % of the bytes"""


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
        facts = Facts.of(trace)
        for name, table in _tables_of(trace, facts):
            says = {_FACTS_KEY: facts.to_json()} if name == STRINGS else {}
            _write(table, file_of(staging, name), {_VERSION_KEY: str(VERSION), **says})
        staging.rename(folder)
    except OSError:
        shutil.rmtree(staging, ignore_errors=True)
        if not folder.is_dir():  # a task of a cluster may run twice
            raise


def _tables_of(trace: Trace, facts: Facts) -> Iterator[tuple[str, pa.Table]]:
    """Every table that a part has, by the name of its file."""
    strings = texts(trace.strings)
    yield STRINGS, arrow().table({"text": strings})
    yield "devices", records.to_arrow(Device, trace.devices)
    yield "processes", records.to_arrow(Process, trace.processes)
    yield from ((name, to_arrow(getattr(trace, name), strings)) for name in facts.rows)


def _write(table: pa.Table, path: Path, metadata: Mapping[str, str]) -> None:
    """In the encodings that were measured to be smallest: differences of long integers, distinct values of others."""
    pa = arrow()
    long = [field.name for field in table.schema if field.type == pa.int64()]
    few = [field.name for field in table.schema if field.type not in (pa.int64(), pa.string())]
    with pa.parquet.ParquetWriter(
        path,
        table.schema,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=few,
        column_encoding=dict.fromkeys(long, "DELTA_BINARY_PACKED") or None,
        write_statistics=["start_ns"],
        store_schema=False,
    ) as file:
        file.write_table(table)
        file.add_key_value_metadata(metadata)


def read_part(folder: Place) -> Trace:
    """The trace of such a folder. Raises `TraceUnreadable` for one that is damaged, incomplete or too new."""
    head, metadata = _read(file_of(folder, STRINGS))
    strings = tuple(head.column("text").to_pylist())
    try:
        facts = Facts.from_json(metadata[_FACTS_KEY])
        return _trace(folder, strings, facts)
    except (KeyError, TypeError, ValueError, AssertionError) as error:
        problem = f"has columns that do not fit together ({error})"
        raise TraceUnreadable(folder, problem, _WRITE_AGAIN) from error


def _read(path: Place, kind: type[Columns] | None = None) -> tuple[pa.Table, dict[str, str]]:
    """All rows of a file, whose texts are those of a table of this kind, and its metadata."""
    pa = arrow()
    named = kind.columns_of(Role.TEXT) if kind else ()
    try:
        content = pa.BufferReader(path.read_bytes())
        file = pa.parquet.ParquetFile(content, read_dictionary=named)
        metadata = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
        _check_version(path, metadata.get(_VERSION_KEY, ""))
        return file.read(use_threads=False), metadata
    except FileNotFoundError as error:
        problem = "is missing, so the folder of columns is not complete"
        raise TraceUnreadable(path, problem, _WRITE_AGAIN) from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        why, *_ = str(error).split("\n")
        raise TraceUnreadable(path, f"cannot be read as Parquet ({why})", _WRITE_AGAIN) from error


def _check_version(path: Place, version: str) -> None:
    if not version.isdecimal():
        raise TraceUnreadable(path, "is a Parquet file that gpu-trace did not write", _WRITE_AGAIN)
    refuse_later(path, int(version))


def _trace(folder: Place, strings: tuple[str, ...], facts: Facts) -> Trace:
    codes = {strings[code]: code for code in reversed(range(len(strings)))}
    types, tables = _table_types(), dict[str, Any]()
    for name, count in facts.rows.items():
        table, _ = _read(file_of(folder, name), types[name])
        if len(table) != count:
            raise ValueError(f"{name} has {len(table):,} rows of {count:,}")
        tables[name] = from_arrow(types[name], table, codes)
    trace = Trace(
        source=facts.source,
        strings=strings,
        devices=records.from_arrow(Device, _read(file_of(folder, "devices"))[0]),
        processes=records.from_arrow(Process, _read(file_of(folder, "processes"))[0]),
        epoch_ns=facts.epoch_ns,
        **tables,
    )
    trace.check()
    return trace
