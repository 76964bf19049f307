"""Prepares the recording of this process; called before the script begins.

A process that the script started, and that imports neither torch nor nvtx, has nothing else of gpu-trace in it than
what hands the settings down: scripts start hundreds of those.
"""

from __future__ import annotations

import os
import sys

from . import settings
from .imports import when_imported
from .started import Started
from .telling import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .contract import Settings
    from .recorded_process import RecordedProcess

_COMPILES = "/torch/_inductor/compile_worker/__main__.py"
_known: list[RecordedProcess] = []
"""this one, once there may be something to record"""


def begin() -> None:
    """Take the settings from the environment, and hand them down; then wait for the script to import torch."""
    wishes = settings.take()
    started = Started(wishes)
    started.watch()
    if _is_left_out(wishes):
        return
    if not wishes.is_child:  # how it ends is told, whatever it does
        _known.append(_made(wishes, started))
    when_imported("torch", lambda: _recorded(wishes, started, "torch_imported"))
    when_imported("nvtx", lambda: _recorded(wishes, started, "nvtx_imported"))


def _is_left_out(wishes: Settings) -> bool:
    """Whether this is a launcher, or the process of torch.compile which forks those that compile.

    In the latter a session would be in the way of these, and record nothing of the script's.
    """
    # The first process is the launcher: Kubernetes gives it a RANK too, which is the number of its machine.
    is_launcher = wishes.only_ranks and not (wishes.is_child and "RANK" in os.environ)
    return is_launcher or any(argument.endswith(_COMPILES) for argument in sys.orig_argv)


def _recorded(wishes: Settings, started: Started, event: str) -> None:
    """Tell of an event, which must not fail for it."""
    try:
        if not _known:
            _known.append(_made(wishes, started))
        getattr(_known[0], event)()
    except Exception as error:
        tell(f"cannot record ({type(error).__name__}: {error})")


def _made(wishes: Settings, started: Started) -> RecordedProcess:
    made: RecordedProcess = __import__("_gpu_trace_boot.recorded_process").recorded_process.RecordedProcess(
        wishes, started
    )
    return made
