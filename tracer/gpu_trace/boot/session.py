"""One session of torch's profiler, by its low-level calls.

``torch.profiler.profile`` would do the same, but its start imports inductor (1.3 s) and its stop builds Python objects
for every event (minutes). Only one session can exist in a process.
"""

from __future__ import annotations

import os
import sys

from . import safepoint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_WANTED = {"profile_all_threads": True, "enable_cuda_sync_events": True, "trace_only": True}
"""Of ``_ExperimentalConfig``: without the first only the starting thread is recorded; the last spares the result's
conversion to Python objects. Each exists in some versions of torch only."""


class Calls:
    """The three low-level names as torch defined them, before they were replaced."""

    def __init__(self, profiler: Any) -> None:
        self.prepare: Callable[..., None] = profiler._prepare_profiler
        self.enable: Callable[..., None] = profiler._enable_profiler
        self.disable: Callable[[], Any] = profiler._disable_profiler


class Session:
    """A recording under way, from its construction to `stop`."""

    def __init__(self, calls: Calls, level: str, with_gpu: bool, only_ranges: bool = False) -> None:
        """``with_gpu``: CUPTI's records are Kineto's; ``only_ranges``: no operators, but what scripts name."""
        self._calls = calls
        self._has_cupti = with_gpu
        self.ended_ns = 0
        """when `stop` had it end"""
        config, activities = _config(level), _activities(with_gpu)
        # Kineto reads the variable when it is first prepared. Python's os.environ never sees it.
        os.putenv("KINETO_LOG_LEVEL", os.environ.get("KINETO_LOG_LEVEL", "6"))
        try:
            self._call(calls.prepare, config, activities)  # it warns where the script has prepared one of its own
            ranges = ({_torch("_C._profiler").RecordScope.USER_SCOPE},) if only_ranges else ()
            self._call(calls.enable, config, activities, *ranges)
        finally:
            if "KINETO_LOG_LEVEL" not in os.environ:
                os.unsetenv("KINETO_LOG_LEVEL")
        if with_gpu:
            _have_first_buffer()
        _torch("autograd.profiler")._run_on_profiler_start()

    def stop(self) -> Any:
        """End it; the result has ``save(path)``. Raises RuntimeError where it was no longer under way."""
        result, self.ended_ns = self._call(self._calls.disable)
        _torch("autograd.profiler")._run_on_profiler_stop()
        if is_empty(result):  # no known call gets around `ScriptsProfiler`; saving an empty result is a SIGSEGV
            raise RuntimeError("other code in the process ended its session")
        return result

    def _call(self, function: Callable[..., Any], *arguments: Any) -> tuple[Any, int]:
        """What it returns, and when it was called."""
        call = sys.modules["functools"].partial(function, *arguments)
        return safepoint.reached(call) if self._has_cupti else safepoint.at_once(call)


def _torch(name: str) -> Any:
    return sys.modules[f"torch.{name}"]


def _have_first_buffer() -> None:
    """Make a call that CUPTI records, so that it asks for its first buffer now, and not in the script's next call.

    That takes 2 ms on an H200. The call is one that may be made while a stream is captured.
    """
    is_capturing = getattr(_torch("_C"), "_cuda_isCurrentStreamCapturing", None)
    if is_capturing is not None:
        is_capturing()


def _activities(with_gpu: bool) -> set[Any]:
    autograd = _torch("autograd")
    wanted = {autograd.ProfilerActivity.CPU} | ({autograd.ProfilerActivity.CUDA} if with_gpu else set())
    return wanted & set(autograd._supported_activities())


def _config(level: str) -> Any:
    full = level == "full"
    experimental = _torch("_C._profiler")._ExperimentalConfig
    known = experimental.__init__.__doc__ or ""
    wanted = {name: value for name, value in _WANTED.items() if f"{name}:" in known}
    if full:
        wanted.pop("trace_only", None)  # torch cannot have it together with stacks
    autograd = _torch("autograd")
    return autograd.ProfilerConfig(
        autograd.ProfilerState.KINETO,
        full,  # shapes
        full,  # memory: PyTorch reports it to a session of one thread alone, not to one of all threads
        full,  # stacks
        False,  # flops
        False,  # modules
        experimental(**wanted),
        "",  # trace id
    )


def is_empty(result: Any) -> bool:
    """Whether ``_disable_profiler`` gave this without having ended a session; to save it would end the process."""
    return result is not None and result.trace_start_ns() == 0
