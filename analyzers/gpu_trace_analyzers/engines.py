"""Which engine an operation occupies: the rules of ``engines.toml``, and those a user puts in front of them."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import TraceUnreadable
from .model import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KINDS = ("kernel", "memcpy", "memset", "operator")
"""The kinds of operation that have a rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Operations of this kind whose name has this pattern occupy this engine."""

    kind: str
    pattern: re.Pattern[str]
    engine: Engine


class EngineRules:
    """An ordered table of rules; the first that fits decides. Names that no rule fits are `Engine.UNKNOWN`."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._known: dict[tuple[str, str], Engine] = {}

    def engine(self, kind: str, name: str) -> Engine:
        """The engine of one operation; each distinct name is looked up once."""
        found = self._known.get((kind, name))
        if found is None:
            found = self._known[kind, name] = self._first_fit(kind, name)
        return found

    def preceded_by(self, path: Path) -> EngineRules:
        """These rules with those of a user's TOML file in front. Raises `TraceUnreadable` for a file that has none."""
        return EngineRules(read_rules(path) + self.rules)

    def _first_fit(self, kind: str, name: str) -> Engine:
        fits = (rule.engine for rule in self.rules if rule.kind == kind and rule.pattern.search(name))
        return next(fits, Engine.UNKNOWN)


@cache
def default_rules() -> EngineRules:
    """The rules that come with gpu-trace."""
    return EngineRules(read_rules(Path(__file__).with_name("engines.toml")))


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Read ``[[rule]]`` tables with ``kind``, ``pattern`` and ``engine``. Raises `TraceUnreadable` naming the bad rule."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TraceUnreadable(
            path, f"no engine rules could be read ({error})", "write [[rule]] tables in TOML"
        ) from error
    return tuple(_rules_in(document, path))


def _rules_in(document: dict[str, Any], path: Path) -> Iterator[Rule]:
    rows = document.get("rule")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TraceUnreadable(path, "has no [[rule]] table", "give each rule a kind, a pattern and an engine")
    for number, row in enumerate(rows, 1):
        try:
            yield _rule(row)
        except (KeyError, TypeError, ValueError, re.error) as error:
            problem = f"rule {number} is not a rule ({type(error).__name__}: {error})"
            next_step = f"kind is one of {', '.join(KINDS)}; engine one of {', '.join(e.key for e in Engine)}"
            raise TraceUnreadable(path, problem, next_step) from error


def _rule(row: dict[str, str]) -> Rule:
    if row["kind"] not in KINDS:
        raise ValueError(f"kind {row['kind']!r}")
    if row["engine"] not in {engine.key for engine in Engine}:
        raise ValueError(f"engine {row['engine']!r}")
    return Rule(row["kind"], re.compile(row["pattern"], re.IGNORECASE), Engine[row["engine"].upper()])
