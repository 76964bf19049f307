"""Makes rows of a process's trace of the stacks that were sampled of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from gpu_trace_analyzers.model import MISSING, Samples

from ..exporting.chrome.stacks import stack_events
from ..stack_sampling import records
from ..stack_sampling.places import frames_of
from ..stack_sampling.trial import sampler_knows_this_python
from . import cells
from .working_folder import working_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gpu_trace_analyzers.model import Int64

    from ..stack_sampling.records import SampledProcess

    Window = tuple[int, int]
    """from when to when, in ns since 1970"""

_BOOT = Path(__file__).resolve().parent.parent / "boot"


def read(raw: Path, pid: int) -> SampledProcess | None:
    """What was sampled of a process; None for nothing, or where none of it can be believed."""
    found = records.read(raw, pid) if records.has(raw, pid) and sampler_knows_this_python() else None
    return cells.named(found, raw) if found else None


def rows_of(
    sampled: SampledProcess | None, pid: int, windows: Sequence[Window], base_ns: int, lost: list[str]
) -> Iterator[msgspec.Raw]:
    """Rows of the samples taken inside the windows, which do not overlap; their times count from ``base_ns``.

    They were read from a process that went on running. Whatever is wrong with them costs the stacks alone: ``lost``
    then gets a sentence.
    """
    if sampled is None:
        return
    strings: dict[str, int] = {}
    try:
        frames, at = frames_of(
            sampled, _BOOT, Path(working_folder()), lambda text: strings.setdefault(text, len(strings))
        )
        texts = [*stack_events(_inside(sampled, at, windows, base_ns), frames, list(strings), [pid])]
    except Exception as error:
        lost.append(f"Python stacks: they contradict themselves ({error or type(error).__name__})")
        return
    for text in texts:
        yield msgspec.Raw(text.encode())


def _inside(sampled: SampledProcess, frame_of_call: Int64, windows: Sequence[Window], base_ns: int) -> Samples:
    """Those of the script's own frames; one that a window cuts stands until its end."""
    rows = sampled.rows[np.argsort(sampled.rows["start_ns"], kind="stable")]
    frame, start_ns, end_ns = frame_of_call[rows["stack"]], rows["start_ns"], rows["end_ns"].copy()
    inside = np.zeros(len(rows), dtype=np.bool_)
    for first_ns, last_ns in windows:
        these = (start_ns >= first_ns) & (start_ns < last_ns)
        end_ns[these] = np.minimum(end_ns[these], last_ns)
        inside |= these
    inside &= (frame != MISSING) & (end_ns > start_ns)
    columns = {
        "start_ns": start_ns - base_ns,
        "end_ns": end_ns - base_ns,
        "frame": frame,
        "state": rows["state"],
        "process": np.zeros(len(rows), dtype=np.int16),
        "thread": rows["thread"],
    }
    return Samples.of({name: column[inside] for name, column in columns.items()})
