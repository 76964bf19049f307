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
    ours = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(PREFIX)}
    del os.environ["PYTHONPATH"]
    os.environ.update({name[len(NATIVE) :]: value for name, value in ours.items() if name.startswith(NATIVE)})
