"""Processes that a command started, and those that they did."""

from __future__ import annotations

import subprocess


def in_session(leader: int) -> int:
    """How many processes of a session are alive."""
    states = subprocess.run(["ps", "-s", str(leader), "-o", "state="], capture_output=True, text=True, check=False)
    return sum(state != "Z" for state in states.stdout.split())
