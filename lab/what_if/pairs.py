"""What is predicted and then measured: the entries of pairs.toml."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Pair:
    """A script of samples/what_if with the same work in two cases, ``before`` and ``after`` a change.

    ``gains`` is whether the change can make it faster, ``blind`` whether it was written without a look at the
    model, and ``gpus`` how many it needs to be more than a try.
    """

    name: str
    work: str
    change: str
    gains: bool = True
    blind: bool = False
    gpus: int = 1

    @property
    def script(self) -> str:
        """Its file, from the root of the repository."""
        return f"samples/what_if/{self.name}.py"


def pairs() -> list[Pair]:
    """All of them, in the order of the table."""
    text = Path(__file__).with_name("pairs.toml").read_text(encoding="utf-8")
    return [Pair(**entry) for entry in tomllib.loads(text)["pairs"]]
