"""What the parent asked for, passed in environment variables that are taken away before the script can see them."""

from __future__ import annotations

import os

_NATIVE = "GPU_TRACE_NATIVE_"
"""Before a variable that the user had, and that had to make way for ours while Python started."""


class Settings:
    """The parent's wishes: where to write, and what to record.

    ``raw`` is the folder for whatever this process writes; ``level`` is ``gpu``, ``ops`` or ``full``;
    ``has_gpu`` says whether the machine has a GPU that CUDA (or HIP) could use. ``steps`` is the window of optimizer
    steps, or of NVTX ranges called ``step_range``; ``range_name`` is the NVTX range outside which nothing is recorded;
    ``after_s`` and ``duration_s`` one in time (0: not asked for); ``events`` is how many may be recorded.
    ``injection`` is the library that hears NVTX, empty where another tool's does, or none was built; in the latter case
    ``hooks_nvtx`` says to hear it from Python. ``activities`` is the library that records CUPTI's activities, empty
    where none was built. ``only_ranks``: this process is recorded only as a worker of a
    distributed job, not as its launcher.
    """

    def __init__(self, environ: dict[str, str]) -> None:
        self.raw = environ["GPU_TRACE_RAW"]
        self.level = environ["GPU_TRACE_LEVEL"]
        self.has_gpu = environ["GPU_TRACE_GPU"] == "1"
        self.injection = environ["GPU_TRACE_INJECTION"]
        self.activities = environ["GPU_TRACE_ACTIVITIES"]
        self.hooks_nvtx = environ["GPU_TRACE_HOOK_NVTX"] == "1"
        self.only_ranks = environ["GPU_TRACE_ONLY_RANKS"] == "1"
        first, _, last = environ.get("GPU_TRACE_STEPS", "").partition(":")
        self.steps = (int(first), int(last)) if last else None
        self.step_range = environ["GPU_TRACE_STEP_RANGE"]
        self.range_name = environ["GPU_TRACE_RANGE"]
        self.after_s = float(environ["GPU_TRACE_AFTER"])
        self.duration_s = float(environ["GPU_TRACE_DURATION"])
        self.events = int(environ["GPU_TRACE_EVENTS"])


def take() -> Settings:
    """The settings; ``os.environ`` is afterwards as the user's shell had it."""
    if os.environ["GPU_TRACE_FOLLOW"] == "1":  # the processes that it starts are to find them too
        settings = Settings(dict(os.environ))
        _inject(settings)
        return settings
    ours = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("GPU_TRACE_")}
    del os.environ["PYTHONPATH"]
    for name, value in ours.items():
        if name.startswith(_NATIVE):
            os.environ[name[len(_NATIVE) :]] = value
    settings = Settings(ours)
    _inject(settings)
    return settings


def _inject(settings: Settings) -> None:
    """Have NVTX load the library: its clients look into the C environment, which ``os.environ`` does not show."""
    if settings.injection:
        os.putenv("NVTX_INJECTION64_PATH", settings.injection)
        os.putenv("GPU_TRACE_NVTX_DIR", settings.raw)
