"""The commands in the documentation, and what it says they print.

An example is a fenced ``console`` block: a line ``$ gpu-trace ...``, then the output, until the next command or the
end. Commands that only read the sample traces are run, and must print just that; ``python tests/examples.py`` (or
scripts/refresh-docs) writes what they print now into the pages.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_REPEATABLE = re.compile(r"gpu-trace (summary|info|diff|check|--help|--version)\b[^|>]*$")


@dataclass(frozen=True)
class Example:
    page: Path
    command: str
    shown: str

    @property
    def repeatable(self) -> bool:
        """Whether it prints the same on every machine."""
        return bool(_REPEATABLE.fullmatch(self.command))


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples(page: Path) -> list[Example]:
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [Example(page, command, shown) for block in blocks for command, shown in _COMMAND.findall(block)]


def printed(command: str) -> str:
    """What a command prints on both streams, run from the project's root as in a pipe."""
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    argv = [sys.executable, "-m", "gpu_trace", *shlex.split(command)[1:]]
    ran = subprocess.run(
        argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return ran.stdout


def refresh(page: Path) -> None:
    """Write what the page's repeatable commands print now."""

    def fresh(block: re.Match[str]) -> str:
        def again(match: re.Match[str]) -> str:
            example = Example(page, match[1], match[2])
            return f"$ {example.command}\n{printed(example.command)}" if example.repeatable else match[0]

        return f"```console\n{_COMMAND.sub(again, block[1])}```"

    page.write_text(_BLOCK.sub(fresh, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    for name in pages():
        refresh(name)
