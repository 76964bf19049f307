"""What the parent asked for, passed in environment variables that are taken away before the script can see them."""

from __future__ import annotations

import os

_NATIVE = "GPU_TRACE_NATIVE_"
"""Before a variable that the user had, and that had to make way for ours while Python started."""


class Settings:
    """The parent's wishes: where to write, and what to record.

    ``raw`` is the folder for whatever this process writes; ``level`` is ``gpu``, ``ops`` or ``full``;
    ``has_gpu`` says whether the machine has a GPU that CUDA (or HIP) could use.
    """

    def __init__(self, environ: dict[str, str]) -> None:
        self.raw = environ["GPU_TRACE_RAW"]
        self.level = environ["GPU_TRACE_LEVEL"]
        self.has_gpu = environ["GPU_TRACE_GPU"] == "1"


def take() -> Settings:
    """The settings; ``os.environ`` is afterwards as the user's shell had it."""
    ours = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GPU_TRACE_")}
    del os.environ["PYTHONPATH"]
    for name, value in ours.items():
        if name.startswith(_NATIVE):
            os.environ[name[len(_NATIVE) :]] = value
    return Settings(ours)
