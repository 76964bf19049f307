"""Which arguments does an operator write, and which results does it make? By its schema.

``aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)``: ``!`` marks what is written, and
a result without a mark shares no memory with an argument.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

_RESULT = re.compile(r"Tensor(\()?")
_ARGUMENT = re.compile(r"(\w[\w.]*(?:\([^)]*\))?[?\[\]\d]*)\s+(\w+)")


@dataclass(frozen=True)
class Argument:
    """One argument of an operator."""

    name: str
    written: bool
    shared: bool
    """whether a result may share its memory"""
    by_keyword: bool
    """whether it stands behind ``*``, as arguments that only take a result do"""


@dataclass(frozen=True, eq=False)
class Schema:
    """What the schema of an operator promises. There is one object for each."""

    arguments: tuple[Argument, ...]
    makes: bool
    """whether a result is a tensor with memory of its own"""
    is_view: bool
    """whether its result is but another tensor of the memory of an argument, unless it had to be copied"""


@cache
def schema_of(text: str) -> Schema | None:
    """The schema that a text states; None for a text that states none, as that of an operator without schema."""
    head, arrow, results = text.rpartition(") -> ")
    if not arrow or "(" not in head:
        return None
    parts = _parts(head.partition("(")[2])
    star = parts.index("*") if "*" in parts else len(parts)
    arguments = tuple(_argument(part, by_keyword=i > star) for i, part in enumerate(parts) if i != star)
    makes = any(not found[1] for found in _RESULT.finditer(results))
    return Schema(arguments, makes, not makes and any(one.shared and not one.written for one in arguments))


def _argument(text: str, *, by_keyword: bool) -> Argument:
    """``Tensor(a -> *) self``, ``int[2] stride=[1, 1]``, ``Tensor(a!)[] self``, ``str mode='none'``."""
    declared = _ARGUMENT.match(text)
    kind, name = declared.groups() if declared else (text, "")
    return Argument(name, "!" in kind, kind.startswith("Tensor("), by_keyword)


def _parts(text: str) -> list[str]:
    """The arguments: split at commas that are in no brackets."""
    parts, depth, begin = [], 0, 0
    for at, letter in enumerate(text + ","):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(text[begin:at].strip())
            begin = at + 1
    return [part for part in parts if part]
