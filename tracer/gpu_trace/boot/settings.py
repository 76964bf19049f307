"""Takes the parent's settings out of the environment, before the script can see them there."""

from __future__ import annotations

import os

from .contract import INJECTION_VARIABLE, NATIVE, NVTX_FOLDER, PREFIX, Settings


def take() -> Settings:
    """The settings; ``os.environ`` is afterwards as the user's shell had it, unless children are to find them too."""
    settings = Settings.of(os.environ)
    if not settings.follow:
        _restore()
    if settings.injection:  # NVTX looks into the C environment, which os.environ does not show
        os.putenv(INJECTION_VARIABLE, settings.injection)
        os.putenv(NVTX_FOLDER, settings.raw)
    return settings


def _restore() -> None:
    """Give the script the variables of the shell, in the order of the shell."""
    ours = [name for name in os.environ if name.startswith(PREFIX) or name == "PYTHONPATH"]
    native = {
        name.removeprefix(NATIVE): value
        for name, value in os.environ.items()
        if name not in ours or name.startswith(NATIVE)
    }
    for name in ours:
        del os.environ[name]
    if len(native) > len(os.environ):  # some made way for ours, and have their places back
        os.environ.clear()
        os.environ.update(native)
