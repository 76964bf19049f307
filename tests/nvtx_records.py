"""Scripts run with the injection library, and what they left."""

from __future__ import annotations

import os
import subprocess
import sys

from gpu_trace.nvtx_recording.environment import injection_library
from gpu_trace.nvtx_recording.records import read


def recorded(script: str, folder, code: int = 0, **environment: str):
    environment = {"NVTX_INJECTION64_PATH": str(injection_library()), "GPU_TRACE_NVTX_DIR": str(folder)} | environment
    ran = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == code, ran.stderr
    return [ranges for programs in read(folder).values() for ranges in programs]


def names(ranges) -> list[str]:
    return [ranges.texts.strings.get(int(event["name"]), "") for event in ranges.opening]
