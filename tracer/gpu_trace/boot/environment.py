"""The environment in which a Python records, made of the one that a script is to see; and that one again.

The parent makes it for the script, and each recorded process for the processes that it starts.
"""

from __future__ import annotations

import os

from .contract import INJECTION_VARIABLE, NATIVE, NVTX_FOLDER, PREFIX, injection_variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .contract import Settings

PATH = "PYTHONPATH"
NATIVE_PATH = f"{NATIVE}{PATH}"
_ENTRY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "entry")
"""the folder with the ``sitecustomize.py`` that Python is to import"""


def recording(
    native: Mapping[str, str], settings: Settings, is_ignored: Callable[[str], bool] = lambda _: False
) -> dict[str, str]:
    """The environment of a process that is to be recorded, and sees ``native``.

    ``is_ignored`` says of which variables its Python takes no notice natively: they must not act on it here either.
    """
    path = "" if is_ignored(PATH) else native.get(PATH, "")
    return {
        **{f"{NATIVE}{name}" if name == PATH or is_ignored(name) else name: value for name, value in native.items()},
        **settings.variables(),
        PATH: os.pathsep.join([_ENTRY, path] if path else [_ENTRY]),
        **({} if INJECTION_VARIABLE in native else nvtx(settings)),
    }


def records(found: Mapping[str, str]) -> bool:
    """Whether a Python that begins in this environment finds the recorder."""
    return _ENTRY in found.get(PATH, "").split(os.pathsep)


def nvtx(settings: Settings) -> dict[str, str]:
    """What has NVTX load the injection library, in any program; nothing where there is none."""
    return {INJECTION_VARIABLE: settings.injection, NVTX_FOLDER: settings.raw} if settings.injection else {}


def native(found: Mapping[str, str]) -> dict[str, str]:
    """The environment that `recording` was given, in its order, whether or not ours were put at the end of it."""
    kept: dict[str, str] = {}
    for name, value in found.items():
        if not _is_ours(name, found):
            plain = name.removeprefix(NATIVE)
            kept.setdefault(plain, found.get(f"{NATIVE}{plain}", value) if plain != PATH else _native_path(found))
    return kept


def _native_path(found: Mapping[str, str]) -> str:
    """With the folders that a shell put before or behind it since: ``PYTHONPATH=src:$PYTHONPATH``."""
    value, path = found.get(PATH, ""), found.get(NATIVE_PATH, "")
    return path if value == _ENTRY else value.replace(os.pathsep.join([_ENTRY, path] if path else [_ENTRY]), path)


def _is_ours(name: str, found: Mapping[str, str]) -> bool:
    if name == PATH:
        return NATIVE_PATH not in found and found[PATH] == _ENTRY
    if name == INJECTION_VARIABLE:
        return found[name] == found.get(injection_variable())
    return name.startswith(PREFIX) and not name.startswith(NATIVE)
