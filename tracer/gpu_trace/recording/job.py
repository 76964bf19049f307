"""A distributed job whose launcher started us: ``torchrun --no-python gpu-trace run train.py``, once a rank."""

from __future__ import annotations

import os
from pathlib import Path


def rank() -> int | None:
    """Our place in the job; None outside one."""
    number, size = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    return int(number) if number.isdecimal() and size.isdecimal() and int(size) > 1 else None


def name() -> str:
    """The same for all ranks of a node, and another for each job: the launcher's process id, and when that started."""
    launcher = os.getppid()
    started = (
        Path(f"/proc/{launcher}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    )  # ticks since boot
    return f"{launcher}-{started}"


def facts() -> dict[str, str | int] | None:
    """What the folders of all ranks of a job have alike, and our place in it; None outside one."""
    number = rank()
    if number is None:
        return None
    return {"launcher": name(), "rank": number, "world_size": int(os.environ["WORLD_SIZE"])}
