"""The tables of keys in docs/summary-json.md, from their declarations in ``reports/sections`` and ``reports/job``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gpu_trace_analyzers.reports.fields import Field, Rows
from gpu_trace_analyzers.reports.job.sections import FIELDS as FIELDS_OF_JOB
from gpu_trace_analyzers.reports.sections import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpu_trace_analyzers.reports.fields import Item

_TABLE = re.compile(
    r"(^<!-- the keys, as reports/(sections|job) declares them -->\n\n).*?(?=\n\n<!-- end of keys -->$)", re.M | re.S
)
_DECLARED = {"sections": FIELDS, "job": FIELDS_OF_JOB}


def with_keys(page: str) -> str:
    """The page with its tables as they are now, if it is the page that has some."""
    return _TABLE.sub(lambda found: found[1] + _table(_DECLARED[found[2]]), page)


def _table(fields: Sequence[Item]) -> str:
    rows = [f"| `{path}` | {told} |" for path, told in _rows(fields)]
    return "\n".join(["| key | what |", "| :-- | :-- |", *rows])


def _rows(fields: Sequence[Item], path: str = "") -> Iterator[tuple[str, str]]:
    """A row for each of these fields, and for each object or list inside those that have keys of their own."""
    met: list[tuple[Item, ...]] = []
    for each in fields:
        if isinstance(each, Field):
            yield path + each.key, each.note
            continue
        known = next((shown for shown in met if each.fields[: len(shown)] == shown), ())
        met.append(each.fields)
        listed = ", ".join(map(_in_a_list, each.fields[len(known) :]))
        yield path + each.key, (", and " if known else ": ").join(filter(None, (each.note, listed)))
        if not known:
            inside = [field for field in each.fields if not isinstance(field, Field)]
            yield from _rows(inside, f"{each.key}[]." if isinstance(each, Rows) else f"{each.key}.")


def _in_a_list(field: Item) -> str:
    note = f" ({field.note})" if field.note and isinstance(field, Field) else ""
    return f"`{field.key}`{note}"
