"""Imported by the script's interpreter as it starts, before the script.

It leaves ``sys.path`` and the environment as they would be without us, prepares the recording, and hands over to the
``sitecustomize`` that the interpreter would have imported otherwise, if there is one. So the interpreter itself runs
the script: ``__main__``, ``sys.argv``, tracebacks and exit code are its own work and not imitated.
"""

from __future__ import annotations

import os
import sys


def _leave_the_path() -> None:
    here = os.path.dirname(__file__)
    instead = [] if os.environ.get("PYTHONPATH") == here else _working_folder()
    sys.path[:] = [native for entry in sys.path for native in (instead if entry == here else [entry])]
    sys.path_importer_cache.pop(here, None)


def _working_folder() -> list[str]:
    """What Python makes of the empty entry in ``src:$PYTHONPATH``, where only we have set that variable."""
    is_of_user = bool(os.environ.get("GPU_TRACE_NATIVE_PYTHONPATH"))
    try:
        return [os.getcwd()] * (not is_of_user and os.getcwd() not in sys.path)
    except OSError:  # it was deleted
        return [""] * (not is_of_user)


def _prepare_recording() -> None:
    package = type(sys)("_gpu_trace_boot")
    package.__path__ = [os.path.dirname(os.path.dirname(__file__))]
    sys.modules[package.__name__] = package
    __import__("_gpu_trace_boot.start").start.begin()


def _give_way_to_the_next() -> None:
    del sys.modules["sitecustomize"]
    __import__("sitecustomize")  # absent: the ImportError is what `site` expects


_leave_the_path()
try:
    if sys.version_info >= (3, 10):  # noqa: UP036  # a script may start programs in another Python
        _prepare_recording()
except Exception as error:
    if sys.stderr is not None:  # `print` takes None for stdout
        print(f"gpu-trace: cannot record ({type(error).__name__}: {error})", file=sys.stderr)
_give_way_to_the_next()
