"""The engine of an operation: the rules of ``engines.toml``, and those of a user, which come first."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import UsageError
from .model import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KINDS = ("kernel", "memcpy", "memset", "operator")
"""The kinds of operation that have a rule."""

_NEXT_STEP = "write [[rule]] tables, each with a kind, a pattern and an engine"
_ENGINES = {engine.key: engine for engine in Engine}


@dataclass(frozen=True, slots=True)
class Rule:
    """Operations of this kind whose name matches this pattern belong to this engine."""

    kind: str
    pattern: re.Pattern[str]
    engine: Engine


class EngineRules:
    """An ordered table of rules; the first that matches decides. Names that match no rule are `Engine.UNKNOWN`."""

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
        """The rules of a user's TOML file, then these. Raises `UsageError` for a file without rules."""
        return EngineRules(read_rules(path) + self.rules)

    def _first_fit(self, kind: str, name: str) -> Engine:
        fits = (rule.engine for rule in self.rules if rule.kind == kind and rule.pattern.search(name))
        return next(fits, Engine.UNKNOWN)


@cache
def default_rules() -> EngineRules:
    """The rules that come with gpu-trace."""
    return EngineRules(read_rules(Path(__file__).with_name("engines.toml")))


def read_rules(path: Path) -> tuple[Rule, ...]:
    """Read ``[[rule]]`` tables of ``kind``, ``pattern``, ``engine``; raises `UsageError` naming the bad one."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: no engine rules could be read ({error.strerror}); check the path") from error
    except (ValueError, RecursionError) as error:  # of UTF-8 or of TOML
        why = error if isinstance(error, ValueError) else "nested too deeply"
        raise UsageError(f"{path}: is not TOML ({why}); {_NEXT_STEP}") from error
    return tuple(_rules_in(document, path))


def _rules_in(document: dict[str, Any], path: Path) -> Iterator[Rule]:
    rows = document.get("rule")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{path}: has no [[rule]] table; {_NEXT_STEP}")
    for number, row in enumerate(rows, 1):
        yield _rule(row, f"{path}: rule {number}")


def _rule(row: dict[str, Any], which: str) -> Rule:
    kind, pattern, engine = (row.get(key) for key in ("kind", "pattern", "engine"))
    if kind not in KINDS:
        raise UsageError(f"{which} has kind {kind!r}; use one of {', '.join(KINDS)}")
    if not isinstance(engine, str) or engine not in _ENGINES:
        raise UsageError(f"{which} has engine {engine!r}; use one of {', '.join(_ENGINES)}")
    try:
        return Rule(kind, re.compile(pattern or "", re.IGNORECASE), _ENGINES[engine])
    except (TypeError, re.error) as error:
        problem = f"{which} has pattern {pattern!r}, which is not a regular expression ({error})"
        raise UsageError(f"{problem}; write a Python regular expression") from error
