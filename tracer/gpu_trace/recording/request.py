"""What is to be recorded, and how."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["gpu", "ops", "full"]


@dataclass(frozen=True, slots=True)
class Script:
    """A file, as in ``python script.py args...``; also a folder or zip with a ``__main__.py``, or ``-`` for stdin."""

    path: str
    args: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """What follows the interpreter's own flags on its command line."""
        return [self.path, *self.args]

    @property
    def name(self) -> str:
        """Short, for a folder."""
        return "stdin" if self.path == "-" else Path(self.path).stem or "script"

    @property
    def can_start(self) -> bool:
        """Whether Python will find something to run; where not, its own message is the right one."""
        if self.path == "-":
            return True
        path = Path(self.path)
        return (path / "__main__.py").is_file() if path.is_dir() else os.access(path, os.R_OK)


@dataclass(frozen=True, slots=True)
class Module:
    """A module, as in ``python -m module args...``."""

    module: str
    args: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """What follows the interpreter's own flags on its command line."""
        return ["-m", self.module, *self.args]

    @property
    def name(self) -> str:
        """Short, for a folder."""
        return self.module

    @property
    def can_start(self) -> bool:
        """Only Python itself can tell."""
        return True


@dataclass(frozen=True, slots=True)
class Request:
    """One run to record. ``folder`` None stands for a new one under ``gpu-trace-runs/``."""

    target: Script | Module
    level: Level = "gpu"
    folder: Path | None = None
    force: bool = False
