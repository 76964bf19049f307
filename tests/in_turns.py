"""Programs of `executions` as a GPU runs them that does one thing at a time, in a range ``measured``.

Each operation takes `TAKES_NS` and starts as the one before has ended. ``_local_scalar_dense`` has the host wait for
the copy that it launches, and the host waits for all at the end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from executions import run
from literal import literal

if TYPE_CHECKING:
    from gpu_trace_analyzers.dependencies.execution_trace import ExecutionTrace
    from gpu_trace_analyzers.model import Trace

TAKES_NS = 1_000_000
LATENCY_NS = 10_000
_TIMES = re.compile(r"(@?)(\d+)-(\d+)")
_READS = re.compile(r"op aten::_local_scalar_dense (\d+)-(\d+)")


def in_turns(program: str) -> tuple[Trace, ExecutionTrace]:
    """What a run of the program leaves."""
    ran = run(program)
    reads = [tuple(map(int, pair)) for pair in _READS.findall(ran.text)]
    return literal(_Device(reads).runs(ran.text)), ran.execution


class _Device:
    def __init__(self, reads: list[tuple[int, ...]]) -> None:
        self.reads = reads
        self.free_ns = 0
        self.behind: list[tuple[int, int]] = [(0, 0)]
        """from which time of the program on the host is how much later"""
        self.calls: list[str] = []

    def runs(self, text: str) -> str:
        """The text with the times of this device, and of a host that waits for it."""
        launches, others = ([line for line in text.splitlines() if ("@" in line) == work] for work in (True, False))
        launched = [self._launch(line) for line in launches]
        ran = [_TIMES.sub(self._host, line) for line in others]
        done, end_ns = max(int(end) for _, _, end in _TIMES.findall("\n".join(others))), self.free_ns + LATENCY_NS
        waited = f"call cudaDeviceSynchronize {self._late(done)}-{end_ns}"
        return "\n".join([*launched, *ran, *self.calls, waited, f"range measured 0-{end_ns}"])

    def _launch(self, line: str) -> str:
        _, (_, first, last) = _TIMES.findall(line)
        at_ns, until_ns = (self._late(int(time)) for time in (first, last))
        start_ns = max(self.free_ns, at_ns + LATENCY_NS)
        self.free_ns = start_ns + TAKES_NS
        if any(begin < int(first) < end for begin, end in self.reads):
            self.calls.append(f"call cudaStreamSynchronize {until_ns}-{self.free_ns}")
            self.behind.append((int(last), self.free_ns - int(last)))
        times = iter((f"{start_ns}-{self.free_ns}", f"@{at_ns}-{until_ns}"))
        return _TIMES.sub(lambda _: next(times), line)

    def _host(self, found: re.Match[str]) -> str:
        return f"{self._late(int(found[2]))}-{self._late(int(found[3]))}"

    def _late(self, time: int) -> int:
        return time + next(ns for since, ns in reversed(self.behind) if time >= since)
