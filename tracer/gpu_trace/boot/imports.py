"""Calls a function as soon as the script has imported a module, without importing anything itself."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType


class _Watch:
    """A finder that finds nothing itself; it asks the others, and has their loader tell when it is done."""

    def __init__(self, name: str, imported: Callable[[], None]) -> None:
        self._name = name
        self._imported = imported

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(fullname, path, target)) is not None:
                if spec.loader is not None:
                    self._tell(spec.loader)
                return spec
        return None

    def leave(self) -> None:
        """Wait no longer."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]

    def _tell(self, loader: object) -> None:
        execute = loader.exec_module  # type: ignore[attr-defined]  # every loader of today has it

        def _call_with_frames_removed(module: ModuleType) -> None:
            del loader.exec_module  # type: ignore[attr-defined]  # the loader is native again
            execute(module)
            self.leave()
            self._imported()

        loader.exec_module = _as_importlib(_call_with_frames_removed)  # type: ignore[attr-defined]


def _as_importlib(function: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    """Have the interpreter count a function among importlib's own, which it leaves out of the tracebacks of imports."""
    function.__code__ = function.__code__.replace(co_filename="<frozen importlib._bootstrap>")
    if sys.version_info >= (3, 11):
        function.__code__ = function.__code__.replace(co_qualname=function.__name__)
    return function


def when_imported(name: str, call: Callable[[], None]) -> Callable[[], None]:
    """Call once, right after the first successful import of the module. What is returned ends the waiting for it."""
    watch = _Watch(name, call)
    sys.meta_path.insert(0, watch)
    return watch.leave
