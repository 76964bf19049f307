"""What is this process called? By multiprocessing, or by its command line."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_FORK_SERVER = "from multiprocessing.forkserver import main"
_TAKE_A_VALUE = ("-X", "-W", "--check-hash-based-pycs")


def process_name() -> str:
    """``SpawnProcess-1``, ``worker.py``, ``package.worker``."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    name = multiprocessing.current_process().name if multiprocessing else ""
    return name if name not in ("", "MainProcess") else of_command(sys.orig_argv[1:])


def of_command(arguments: Sequence[str]) -> str:
    """The script or module that Python's arguments name; ``python`` for one that is read from stdin."""
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "-m" and rest:
            return rest[0]
        if argument == "-c":
            return "python -c"
        if argument == "-":
            break
        if not argument.startswith("-"):
            return os.path.basename(argument)
        del rest[: argument in _TAKE_A_VALUE]
    return "python"


def serves_forks() -> bool:
    """Whether this is multiprocessing's fork server: those that it forks are what the script started."""
    return any(argument.startswith(_FORK_SERVER) for argument in sys.orig_argv)
