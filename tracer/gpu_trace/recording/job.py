"""A distributed job whose launcher started us: ``torchrun --no-python gpu-trace run train.py``, once a rank."""

from __future__ import annotations

import os
from pathlib import Path

from ..boot.ranks import in_job


def rank() -> int | None:
    """Our place in the job; None outside one."""
    place = in_job(os.environ)
    return place[0] if place and place[1] > 1 else None


def name() -> str:
    """The same for all ranks of a node, and another for each job: the launcher's process id, and when that started."""
    launcher = os.getppid()
    started = (
        Path(f"/proc/{launcher}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    )  # ticks since boot
    return f"{launcher}-{started}"


def facts() -> dict[str, str | int] | None:
    """What the folders of all ranks of a job have alike, and our place in it; None outside one."""
    place = in_job(os.environ)
    if place is None or rank() is None:
        return None
    return {"launcher": name(), "rank": place[0], "world_size": place[1]}
