"""Takes the parent's settings out of the environment, before the script can see them there."""

from __future__ import annotations

import os

from . import environment
from .contract import Settings


def take() -> Settings:
    """The settings; the environment is afterwards as the user's shell had it."""
    settings = Settings.of(os.environ)
    native = environment.native(os.environ)
    if list(native.items()) != list(os.environ.items()):  # some made way for ours, and have their places back
        os.environ.clear()
        os.environ.update(native)
    return settings
