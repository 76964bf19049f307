"""How are the kernels of a kind launched? As torch.profiler records it, which is what a trace has of them too."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.profiler import ProfilerActivity, profile

if TYPE_CHECKING:
    from calibration.kinds import Kind


def launched(kind: Kind) -> list[tuple[str, dict[str, Any]]]:
    """Name and launch of each kernel of one operation of a kind."""
    kind.run()
    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CUDA]) as recorded:
        kind.run()
        torch.cuda.synchronize()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "trace.json")
        recorded.export_chrome_trace(str(path))
        events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    return [(event["name"], event["args"]) for event in events if event.get("cat") == "kernel"]
