"""What to tell a user whose browser is elsewhere, and one whose trace is large."""

from __future__ import annotations

import getpass
import os
import socket
import sys

LARGE_BYTES = 700_000_000
"""Above it a tab tends to run out of memory: the engine in the browser needs several times the file, and has 4 GB."""


def has_browser() -> bool:
    """Whether a browser started here would show on the user's screen."""
    if os.environ.get("SSH_CONNECTION"):
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def from_elsewhere(port: int) -> list[str]:
    """Lines for a browser on another machine."""
    return [
        "from another machine, run this command there, then open the same address there:",
        f"    ssh -N -L {port}:127.0.0.1:{port} {_user()}@{socket.gethostname()}",
        "or export the trace with gpu-trace export, copy the file there, and drop it on https://ui.perfetto.dev",
    ]


def large(path: str, size: int) -> list[str]:
    """Lines for a trace that a browser alone may not hold."""
    return [
        f"{path} has {size / 1e6:,.0f} MB, which may exceed the memory of a browser tab. If the tab fails, run",
        f"    trace_processor --httpd {path}",
        "(https://get.perfetto.dev/trace_processor) and open https://ui.perfetto.dev, which then uses trace_processor.",
    ]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "USER"
