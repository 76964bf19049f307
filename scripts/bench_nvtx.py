"""Measures what one push and pop of the nvtx package costs: without a tool, with the injection library, with the hooks.

Each row is a process of its own and the best of several rounds; the rows take turns, so that they share the machine.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile

from gpu_trace.boot.contract import INJECTION_VARIABLE, NVTX_FOLDER
from gpu_trace.nvtx_recording.environment import injection_library

PUSH_AND_POP = """
import time, nvtx
if {hooked}:
    from gpu_trace.boot import nvtx_hooks
    nvtx_hooks.hear_the_nvtx_package({folder!r})
domain = nvtx.get_domain("bench")
attributes = domain.get_event_attributes(message="range", color="red", payload=1)
best = 1 << 62
for _ in range({rounds}):
    began = time.perf_counter_ns()
    for _ in range(20_000):
        domain.push_range(attributes)
        domain.pop_range()
    best = min(best, time.perf_counter_ns() - began)
print(best / 20_000)
"""


def cost_ns(kind: str, rounds: int) -> float:
    """Best time of one push and pop, in ns."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != INJECTION_VARIABLE}
        if kind == "injection library":
            environment |= {INJECTION_VARIABLE: str(injection_library()), NVTX_FOLDER: folder}
        script = PUSH_AND_POP.format(hooked=kind == "Python hooks", folder=folder, rounds=rounds)
        shown = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
    return float(shown.stdout)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    kinds = ["without a tool", *(["injection library"] if injection_library() else []), "Python hooks"]
    costs = {kind: min(cost_ns(kind, rounds) for _ in range(3)) for kind in kinds}
    for kind, cost in costs.items():
        print(f"{kind:20}{cost:8.0f} ns a push and pop{cost / costs['without a tool']:8.1f} x")


if __name__ == "__main__":
    main()
