"""The script and the style of a page, each as one text: a page has everything inside it.

The script is written as modules, one question a file. A browser that may load nothing cannot follow an import, so the
modules are joined here: each is a function that returns what it exports, behind those that it imports from. A module
imports by name (``import { a, b } from "./other.js";``) and exports one declaration a line.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENTRY, ENTRY_OF_JOB = "main", "job"
"""the module that begins everything on the page of a trace, and on that of a job of many ranks"""
STYLES = ("light", "page", "account", "before_after", "timeline", "flames", "tables", "print")
"""files of style of the page of a trace, in the order in which later ones overrule"""
STYLES_OF_JOB = ("light", "page", "account", "timeline", "job", "tables", "print")
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE)


def script(entry: str = ENTRY) -> str:
    """All modules that one needs, as one script that declares nothing globally."""
    modules = "\n".join(_as_function(name) for name in modules_of(entry))
    return f'(() => {{\n"use strict";\nconst modules = {{}};\n{modules}\n}})();\n'


def style(names: Sequence[str] = STYLES) -> str:
    """These styles as one."""
    return "".join(_asset(f"{name}.css") for name in names)


def dark() -> str:
    """The colors of the dark page, which are a style of their own: its ``media`` says when it counts."""
    return _asset("dark.css")


def modules_of(entry: str) -> Sequence[str]:
    """The names of a module and of all that it needs, each behind those that it imports."""
    order: dict[str, None] = {}
    _visit(entry, (), order)
    return [*order]


def _visit(name: str, on_the_way: tuple[str, ...], order: dict[str, None]) -> None:
    if name in on_the_way:
        raise ValueError(f"modules import each other: {' -> '.join((*on_the_way, name))}")
    if name in order:
        return
    for needed in _imports(name):
        _visit(needed, (*on_the_way, name), order)
    order[name] = None


def _imports(name: str) -> Iterator[str]:
    return (found[2] for found in _IMPORT.finditer(_asset(f"{name}.js")))


def _as_function(name: str) -> str:
    text = _asset(f"{name}.js")
    exports = ", ".join(found[1] for found in _EXPORT.finditer(text))
    body = _EXPORT.sub("", _IMPORT.sub(r"const \1 = modules.\2;", text))
    return f"modules.{name} = (() => {{\n{body}return {{ {exports} }};\n}})();"


def _asset(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text(encoding="utf-8")
