"""The process that is measured: it launches small kernels when its input says so, and begins and ends a recording.

Each line of input is a command and has one line of JSON as its answer. The argument is what records: ``nothing``,
``steps`` of an optimizer that gpu-trace counts, ``profiler``, ``prepared`` (Kineto without CUDA), or kinds of CUPTI.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import bare_cupti
import torch

WARM_UP = 3000


class Steps:
    """A recording of gpu-trace, which begins and ends with steps of an optimizer."""

    def __init__(self) -> None:
        weight = torch.zeros(1, requires_grad=True)
        weight.grad = torch.zeros(1)
        self._optimizer = torch.optim.SGD([weight], lr=0.0)

    def begin(self) -> None:
        self._optimizer.step()

    def end(self) -> None:
        self._optimizer.step()


class Profiler:
    """torch.profiler, of operators and of CUDA if ``with_cuda``."""

    def __init__(self, with_cuda: bool) -> None:
        activity = torch.profiler.ProfilerActivity
        wanted = [activity.CPU, activity.CUDA] if with_cuda and torch.cuda.is_available() else [activity.CPU]
        self._session = torch.profiler.profile(activities=wanted)

    def begin(self) -> None:
        self._session.start()

    def end(self) -> None:
        self._session.stop()


class Nothing:
    """No recording."""

    def begin(self) -> None:
        pass

    def end(self) -> None:
        pass


class Worker:
    """Answers commands, which are its methods."""

    def __init__(self, recorder: str) -> None:
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._recorder = recorder
        self._recording: Any = None

    def start(self) -> int:
        """Begin to use the GPU; the process's id."""
        self._x = torch.zeros(64, device=self._device)
        self.launches(WARM_UP)
        if self._device == "cuda":
            self.ranges(WARM_UP)
        self._recording = _recording(self._recorder)
        return os.getpid()

    def launches(self, count: int) -> float:
        """Seconds for so many kernels."""
        add = self._x.add_
        self._synchronize()
        began = time.perf_counter()
        for _ in range(count):
            add(1)
        self._synchronize()
        return time.perf_counter() - began

    def ranges(self, count: int) -> float:
        """Seconds for so many NVTX ranges."""
        push, pop = torch.cuda.nvtx.range_push, torch.cuda.nvtx.range_pop
        began = time.perf_counter()
        for _ in range(count):
            push("step")
            pop()
        return time.perf_counter() - began

    def begin(self) -> float:
        """Begin to record; seconds."""
        began = time.perf_counter()
        self._recording.begin()
        return time.perf_counter() - began

    def end(self) -> float:
        """End the recording; seconds."""
        began = time.perf_counter()
        self._recording.end()
        return time.perf_counter() - began

    def finalize(self) -> str:
        """Have CUPTI leave the process: what it returned, and the seconds that took."""
        self._synchronize()
        began = time.perf_counter()
        result = bare_cupti.finalize()
        return f"CUptiResult {result}, {1e3 * (time.perf_counter() - began):.1f} ms"

    def _synchronize(self) -> None:
        if self._device == "cuda":
            torch.cuda.synchronize()


def _recording(recorder: str) -> Any:
    if recorder == "steps":
        return Steps()
    if recorder in ("profiler", "prepared"):
        return Profiler(with_cuda=recorder == "profiler")
    return Nothing() if recorder == "nothing" else bare_cupti.Kinds(recorder.split("+"))


def main() -> None:
    """Answer until the input ends."""
    worker = Worker(sys.argv[1])
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name, *numbers = line.split()
        try:
            answer = getattr(worker, name)(*map(int, numbers))
        except Exception as error:
            answer = {"failed": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
