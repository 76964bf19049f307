"""The script's own use of torch's profiler: a process has one session, so gpu-trace ends its own before each call.

Every profiler of torch ends in four functions of ``torch._C._autograd``. Other modules import them by name, and take
them from there again when they are reloaded. So all of these names are replaced, and what torch itself does or says
where a script stops once more than it started happens without a session of gpu-trace that it could be taken for.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from .look_like import look_like
from .session import is_empty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .recorder import Recorder

_SOURCE = "torch._C._autograd"
_IMPORTERS = ("torch.autograd", "torch.autograd.profiler")
_NOT_MADE = -1


class ScriptsProfiler:
    """Gives way when the script uses the profiler, and resumes once none of its sessions is left.

    To prepare a session is to end whatever session there is. A script may do so long before it begins its own, or
    never begin it, so while gpu-trace's own is under way the script's preparations are made up for when it begins.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._began: set[int] = set()
        """the threads that have begun a session and not ended it: a second start in one thread adds none"""
        self._preparations: list[Callable[[], Any]] = []
        """those that the script has made for its next session"""
        self._made_after = _NOT_MADE
        """how many recording sessions had begun when torch made them; a later session has undone them"""
        self._replaced: list[tuple[str, str, Any, Any]] = []
        """the module and the name of each, what stood there, and what stands there now"""
        source = sys.modules[_SOURCE]
        self._is_enabled: Callable[[], bool] = source._profiler_enabled
        self._replace("_prepare_profiler", self._prepare)
        self._replace("_enable_profiler", self._enable)
        self._replace("_disable_profiler", self._disable)
        if hasattr(source, "_toggle_collection_dynamic"):
            self._replace("_toggle_collection_dynamic", self._toggle)

    def _replace(self, name: str, instead: Callable[..., Any]) -> None:
        torchs = getattr(sys.modules[_SOURCE], name)

        def replacement(*args: Any, **kwargs: Any) -> Any:
            if not self._recorder.belongs_here:
                return torchs(*args, **kwargs)
            return instead(torchs, args, kwargs)

        look_like(replacement, torchs)
        for module in (_SOURCE, *_IMPORTERS):
            if getattr(sys.modules[module], name, None) is torchs:
                setattr(sys.modules[module], name, replacement)
                self._replaced.append((module, name, torchs, replacement))

    def leave(self) -> None:
        """Have torch's own functions where they were, unless something else stands there by now."""
        for module, name, torchs, replacement in self._replaced:
            if getattr(sys.modules[module], name, None) is replacement:
                setattr(sys.modules[module], name, torchs)

    def _prepare(self, torchs: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self._recorder.is_recording and _is_sound(torchs, args, kwargs):
            self._preparations.append(lambda: torchs(*args, **kwargs))
            self._made_after = _NOT_MADE
            return None
        self._recorder.give_way()
        try:
            result = torchs(*args, **kwargs)
            self._preparations, self._made_after = [lambda: torchs(*args, **kwargs)], self._recorder.sessions
            return result
        finally:
            self._resume()

    def _enable(self, torchs: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        self._recorder.give_way()
        try:
            self._make_preparations()
            result = torchs(*args, **kwargs)
        except BaseException:
            self._resume()  # it may be one that needs no preparation, and cannot start here: emit_nvtx without CUDA
            raise
        self._began.add(get_ident())
        return result

    def _make_preparations(self) -> None:
        if self._made_after != self._recorder.sessions:
            self._made_after = self._recorder.sessions
            for prepare in self._preparations:
                prepare()

    def _disable(self, torchs: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        self._recorder.give_way()
        try:
            result = torchs(*args, **kwargs)
        except BaseException:
            self._resume()
            raise
        nothing = is_empty(result)
        if not nothing:
            self._preparations.clear()
        self._ended(nothing)
        self._resume()
        return result

    def _toggle(self, torchs: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        self._recorder.give_way()
        try:
            return torchs(*args, **kwargs)
        finally:
            self._resume()

    def _ended(self, nothing: bool) -> None:
        """A session of this thread, or else, if there was one, one of all threads, which any of them may end."""
        thread = get_ident()
        if thread in self._began or nothing:
            self._began.discard(thread)
        elif self._began:
            self._began.pop()

    def _resume(self) -> None:
        if not (self._began or self._is_enabled()):
            self._recorder.resume()


def _is_sound(torchs: Callable[..., Any], args: Any, kwargs: Any) -> bool:
    """Whether torch would take these to prepare a session with, and not raise."""
    autograd = sys.modules["torch.autograd"]
    if (
        len(args) != 2
        or not kwargs.keys() <= {"activity_filter"}
        or any(f"{key}:" not in (torchs.__doc__ or "") for key in kwargs)
    ):
        return False
    config, activities = args
    chosen = kwargs.get("activity_filter", {})
    return (
        isinstance(config, autograd.ProfilerConfig)
        and isinstance(activities, set)
        and isinstance(chosen, dict)
        and all(isinstance(activity, autograd.ProfilerActivity) for activity in (*activities, *chosen))
        and all(isinstance(names, set) and all(isinstance(name, str) for name in names) for names in chosen.values())
    )
