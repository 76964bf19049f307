"""One table as a Parquet file, and back. Files that were mixed up are noticed by their digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import TraceUnreadable
from ..model import Role
from .arrow import arrow
from .digests import digest
from .version import VERSION, WRITE_AGAIN, refuse_later

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from ..columns import Columns
    from ..places import Place

_VERSION_KEY = "gpu_trace.columns"
_LEVEL = 3
"""of zstd: 9 takes 1.4 times as long to write and saves 3 % of the bytes"""


def write_table(table: pa.Table, path: Path, says: Mapping[str, str] | None = None) -> str:
    """Write a file, and return its digest. ``says`` is further metadata. Raises ``OSError``.

    The encodings are those that were measured to be smallest: differences of long integers, distinct values of others.
    """
    pa = arrow()
    long = [field.name for field in table.schema if field.type == pa.int64()]
    few = [field.name for field in table.schema if field.type not in (pa.int64(), pa.string())]
    with pa.BufferOutputStream() as sink:
        with pa.parquet.ParquetWriter(
            sink,
            table.schema,
            compression="zstd",
            compression_level=_LEVEL,
            use_dictionary=few,
            column_encoding=dict.fromkeys(long, "DELTA_BINARY_PACKED") or None,
            write_statistics=["start_ns"],
            store_schema=False,
        ) as file:
            file.write_table(table)
            file.add_key_value_metadata({_VERSION_KEY: str(VERSION), **(says or {})})
        content = sink.getvalue().to_pybytes()
    path.write_bytes(content)
    return digest(content)


def read_table(path: Place, stated: str | None, kind: type[Columns] | None = None) -> tuple[pa.Table, dict[str, str]]:
    """All rows of a file of this digest, whose texts are those of a table of this kind, and its metadata.

    Raises `TraceUnreadable` for a file that is missing, damaged, another one or too new.
    """
    pa = arrow()
    named = kind.columns_of(Role.TEXT) if kind else ()
    try:
        content = path.read_bytes()
        _check_digest(path, content, stated)
        file = pa.parquet.ParquetFile(pa.BufferReader(content), read_dictionary=named)
        metadata = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
        _check_version(path, metadata.get(_VERSION_KEY, ""))
        return file.read(use_threads=False), metadata
    except FileNotFoundError as error:
        problem = "is missing, so the folder of columns is not complete"
        raise TraceUnreadable(path, problem, WRITE_AGAIN) from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        why, *_ = str(error).split("\n")
        raise TraceUnreadable(path, f"cannot be read as Parquet ({why})", WRITE_AGAIN) from error


def _check_digest(path: Place, content: bytes, stated: str | None) -> None:
    if stated is not None and digest(content) != stated:
        problem = "is damaged, or is not the file that was written with the others of this folder"
        raise TraceUnreadable(path, problem, WRITE_AGAIN)


def _check_version(path: Place, version: str) -> None:
    if not version.isdecimal():
        raise TraceUnreadable(path, "is a Parquet file that gpu-trace did not write", WRITE_AGAIN)
    refuse_later(path, int(version))
