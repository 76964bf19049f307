"""The table of measured contention, as TOML: an entry per model of GPU."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def with_entry(table: str, entry: Mapping[str, Any]) -> str:
    """The text of a table in which an entry stands in place of that of the same name, or behind the others."""
    head, *_ = table.partition("[[device]]")
    by_name = {each["name"]: each for each in entries(table)} | {entry["name"]: entry}
    return "\n".join([head.rstrip("\n") + "\n", *(_entry(each) for each in by_name.values())])


def entries(table: str) -> list[dict[str, Any]]:
    """The entries of a table."""
    found: list[dict[str, Any]] = tomllib.loads(table).get("device", [])
    return found


def write(path: Path, table: str, entry: Mapping[str, Any]) -> None:
    """Write such a table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(with_entry(table, entry), encoding="utf-8")


def _entry(entry: Mapping[str, Any]) -> str:
    lines = ["[[device]]"]
    for key, value in entry.items():
        rows = [f"    {_value(row)}," for row in value] if isinstance(value, list) else []
        lines += [f"{key} = [", *rows, "]"] if rows else [f"{key} = {_value(value)}"]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value) if isinstance(value, str) else str(value)
