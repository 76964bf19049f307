"""The processes that this one starts: what they find in their environment, so that they are recorded too.

It is in the C environment, which ``os.environ`` does not show, and is added to each environment that the script makes
for a process.
"""

from __future__ import annotations

import os
import sys

from . import environment
from .contract import raw_variable
from .imports import when_imported
from .look_like import look_like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .contract import Settings

_AMONG_ARGUMENTS = {"execve": 2, "posix_spawn": 2, "posix_spawnp": 2}
"""the functions of `os` that are given an environment, and at which place; all others of it end in these"""
_IN_FORK_EXEC = 5
"""where ``_posixsubprocess.fork_exec`` has it; None there stands for the C environment"""


class Started:
    """Hands the settings down, or, where children are not to be recorded, what has their NVTX ranges recorded."""

    def __init__(self, settings: Settings) -> None:
        self.by = os.getpid()
        """the process as Python began, which may be the parent of the one that this is in"""
        self._settings = settings
        self._children = settings.of_children()
        self._path = os.environ.get(environment.PATH)
        """the script's own, as it was when it was put last"""
        self.is_starting = False
        """whether a program is just now being started"""

    def watch(self) -> None:
        """From now on each process finds them."""
        self._put()
        if not self._settings.follow:
            return
        for name, place in _AMONG_ARGUMENTS.items():
            if hasattr(os, name):
                setattr(os, name, self._with_ours(getattr(os, name), place, "env", self._added))
        os.execv = self._with_ours(os.execv, None, "", self._added)
        if "subprocess" in sys.modules:
            self._stand_before_fork_exec()
        else:
            when_imported("subprocess", self._stand_before_fork_exec)

    def _stand_before_fork_exec(self) -> None:
        module = sys.modules.get("_posixsubprocess")
        if module is not None:
            ours = self._with_ours(module.fork_exec, _IN_FORK_EXEC, "", self._added_to_list)
            for holder, name in ((module, "fork_exec"), (sys.modules["subprocess"], "_fork_exec")):
                if hasattr(holder, name):
                    setattr(holder, name, ours)

    def _with_ours(self, start: Any, place: int | None, keyword: str, added: Callable[[Any], Any]) -> Any:
        def replacement(*args: Any, **kwargs: Any) -> Any:
            self._renew()
            if place is not None and len(args) > place:
                args = (*args[:place], added(args[place]), *args[place + 1 :])
            elif keyword in kwargs:
                kwargs[keyword] = added(kwargs[keyword])
            self.is_starting = True
            try:
                return start(*args, **kwargs)
            finally:
                self.is_starting = False

        look_like(replacement, start)
        return replacement

    def _put(self, names: tuple[str, ...] = ()) -> None:
        """Into the C environment: all, or these names only."""
        ours = self._of(os.environ) if self._settings.follow else environment.nvtx(self._settings)
        for name, value in ours.items():
            if os.environ.get(name) != value and (name in names or not names):
                os.putenv(name, value)

    def _renew(self) -> None:
        """Put again what the script may have replaced: its path acts in the C environment too, once it changes it.

        All else is left alone, since other threads may look into that environment just now.
        """
        path, before = os.environ.get(environment.PATH), self._path
        self._path = path
        if path is not None or before is not None:
            self._put((environment.PATH, environment.NATIVE_PATH))
        if path is None and before is not None:
            os.unsetenv(environment.NATIVE_PATH)

    def _of(self, native: Mapping[str, str]) -> dict[str, str]:
        return environment.recording(native, self._children)

    def _added(self, given: Any) -> Any:
        """A mapping with ours; what is none, or has those of another gpu-trace, as it was given."""
        try:
            native = {os.fsdecode(name): os.fsdecode(value) for name, value in given.items()}
        except Exception:  # natively this raises in its own words
            return given
        return given if raw_variable() in native else self._of(native)

    def _added_to_list(self, given: Any) -> Any:
        """The same of a list of ``name=value`` in bytes."""
        if given is None:
            return None
        native = dict(os.fsdecode(entry).split("=", 1) for entry in given)
        return given if raw_variable() in native else [os.fsencode(f"{k}={v}") for k, v in self._of(native).items()]
