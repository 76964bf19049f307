"""The Python that runs the script: the one that runs us, with the flags it was given."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TAKE_A_VALUE = "WX"
_LONG_WITH_VALUE = "--check-hash-based-pycs"
_ISOLATION = {"E": "", "I": "Ps"}
"""Flags that make Python ignore ``PYTHONPATH``, by which our part gets into it, and what else they stand for."""


def command(target: Sequence[str]) -> list[str]:
    """The command line that runs a target natively: ``[python, flags..., *target]``."""
    return [sys.executable, *flags(sys.orig_argv[1:]), *target]


def command_heeding_environment(target: Sequence[str]) -> list[str]:
    """The same without the flags by which Python would ignore its environment; the caller has to clear that instead."""
    return [sys.executable, *_without_isolation(flags(sys.orig_argv[1:])), *target]


def flags(arguments: Sequence[str]) -> list[str]:
    """The interpreter's own flags at the head of its arguments: all before the script, ``-m`` or ``-c``."""
    rest = list(arguments)
    taken: list[str] = []
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        kept, value_follows, is_last = _read(rest.pop(0))
        taken += [kept] * (kept != "-")
        if value_follows:
            taken.append(rest.pop(0))
        if is_last:
            break
    return taken


def _read(argument: str) -> tuple[str, bool, bool]:
    """One argument without ``-m``, ``-c`` and what follows; whether its value is the next argument; whether it ends."""
    if argument.startswith("--"):
        return argument, argument == _LONG_WITH_VALUE, False
    for position, letter in enumerate(argument[1:], 1):
        if letter in _TAKE_A_VALUE:
            return argument, position == len(argument) - 1, False
        if letter in "mc":
            return argument[:position], False, True
    return argument, False, False


def can_be_watched() -> bool:
    """Whether Python will load our part: not without ``site``, nor isolated before there was ``-P``."""
    return not sys.flags.no_site and not (sys.flags.isolated and sys.version_info < (3, 11))


def _without_isolation(native: Sequence[str]) -> Iterator[str]:
    for flag in native:
        letters = re.match(f"-([^-{_TAKE_A_VALUE}]*)", flag)
        if letters is None:
            yield flag
            continue
        others = "".join(_ISOLATION.get(letter, letter) for letter in letters[1]) + flag[letters.end() :]
        yield from [f"-{others}"] * bool(others)
