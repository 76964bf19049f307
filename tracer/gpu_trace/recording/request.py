"""What is to be recorded, and how."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_LAUNCHERS = {"torch.distributed.run", "torch.distributed.launch", "torch.distributed.launcher"}

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
class Ranks:
    """As many processes of a target as a node has GPUs, say: as torchrun starts them."""

    target: Script | Module
    per_node: int

    @property
    def command(self) -> list[str]:
        """What follows the interpreter's own flags on its command line."""
        launcher = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={self.per_node}"]
        return [*launcher, *self.target.command]

    @property
    def name(self) -> str:
        """Short, for a folder."""
        return self.target.name

    @property
    def can_start(self) -> bool:
        """Whether Python will find something to run."""
        return self.target.can_start


@dataclass(frozen=True, slots=True)
class Block:
    """A part of the process that gpu-trace itself is in: a notebook's cell, or the block of a ``with`` statement."""

    @property
    def command(self) -> list[str]:
        """What that process was started with."""
        return list(sys.argv)

    @property
    def name(self) -> str:
        """Short, for a folder."""
        return "notebook" if "ipykernel" in sys.modules else Path(*sys.argv[:1]).stem or "python"

    @property
    def can_start(self) -> bool:
        """It runs already."""
        return True


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of the script to record: all of it, unless something is asked for.

    ``steps`` (first, last) are optimizer steps, as in a slice, or NVTX ranges called ``step_range``; outside
    NVTX ranges called ``range_name`` nothing is recorded; ``after_s`` counts from the moment from which the script
    could be recorded, ``duration_s`` from the start. After about ``events`` events it ends.
    """

    steps: tuple[int, int] | None = None
    step_range: str = ""
    range_name: str = ""
    after_s: float = 0.0
    duration_s: float = 0.0
    events: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """One run to record. ``folder`` None stands for a new one under ``gpu-trace-runs/``."""

    target: Script | Module | Ranks | Block
    level: Level = "gpu"
    folder: Path | None = None
    force: bool = False
    extent: Extent = Extent()
    follow: bool = True
    """record the Python processes that the script starts, too"""
    dependencies: bool = False
    """record PyTorch's execution trace beside the operators: which storages each of them reads and writes"""
    stacks: bool = True
    """sample the Python stacks of all threads"""

    @property
    def only_ranks(self) -> bool:
        """Whether what is started is a launcher, whose workers are meant and not itself."""
        return isinstance(self.target, Ranks) or (isinstance(self.target, Module) and self.target.module in _LAUNCHERS)
