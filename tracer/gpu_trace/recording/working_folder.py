"""The folder that gpu-trace runs in, and the script with it."""

from __future__ import annotations

import os


def working_folder() -> str:
    """Its name, or the one it had: a script may delete it. The root where the system does not say."""
    try:
        return os.getcwd()  # noqa: PTH109  # as the shell calls it
    except OSError:
        pass
    try:
        return os.readlink("/proc/self/cwd").removesuffix(" (deleted)")  # noqa: PTH115  # it leads nowhere
    except OSError:
        return "/"
