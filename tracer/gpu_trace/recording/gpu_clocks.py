"""Clocks, power and throttle reasons of the GPUs while the script runs, as NVML gives them, ten times a second.

A thread of the parent asks, never the script's process. NVML needs the package nvidia-ml-py; where that is missing, or
NVML does not answer, there are no clocks, and nothing else is lost.
"""

from __future__ import annotations

import json
import struct
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.in_thread import in_thread
from gpu_trace_analyzers.vocabulary.gpu_counters import MAX_SM_CLOCK, POWER, SM_CLOCK, THROTTLE_REASONS, UNITS

from .launch import machine_has_gpu

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_PERIOD_S = 0.1
_SHARE = 0.01
"""of a core that asking may take: with many GPUs it is done less often"""
_PATIENCE_S = 1.0
"""for the thread to end; a driver that hangs keeps it, and it is left behind"""
VALUES, DEVICES = "gpuclocks", "gpuclocks.devices"
VALUE = struct.Struct("<qqhh")
"""value, ns since 1970, the place of the GPU in the list of devices, and that of the counter"""
COUNTERS = tuple(UNITS)
UNKNOWN = -1
"""the value of a counter that NVML no longer answers for"""


@contextmanager
def sampled(raw: Path) -> Iterator[None]:
    """Ask NVML in a thread, as long as the block takes; answers go into files in the folder ``raw``."""
    if not machine_has_gpu():
        yield
        return
    with in_thread(partial(_sample, raw), "gpu-trace clocks", _PATIENCE_S):
        yield


def _sample(raw: Path, ended: threading.Event) -> None:
    with suppress(Exception):  # no package, no driver, no permission, a full disk: then there are no clocks
        import pynvml

        pynvml.nvmlInit()
        try:
            if not ended.is_set():  # a short script ends before, and its folder may be gone
                _write(raw, ended, _gpus(pynvml))
        finally:
            pynvml.nvmlShutdown()


def _gpus(nvml: Any) -> dict[str, dict[int, Callable[[], int]]]:
    """By the UUID of each GPU what asks for each counter, by its place."""
    found = {}
    for index in range(nvml.nvmlDeviceGetCount()):
        with suppress(nvml.NVMLError):
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            uuid = nvml.nvmlDeviceGetUUID(handle)
            found[uuid if isinstance(uuid, str) else uuid.decode()] = _questions(nvml, handle)
    return found


def _questions(nvml: Any, handle: Any) -> dict[int, Callable[[], int]]:
    asked = {
        SM_CLOCK: lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
        MAX_SM_CLOCK: lambda: nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM),
        POWER: lambda: nvml.nvmlDeviceGetPowerUsage(handle),
        THROTTLE_REASONS: _reasons(nvml, handle),
    }
    known = {}
    for place, name in enumerate(COUNTERS):
        with suppress(nvml.NVMLError):
            asked[name]()
            known[place] = asked[name]
    return known


def _reasons(nvml: Any, handle: Any) -> Callable[[], int]:
    """NVML 12.3 renamed what asks for the reasons; an older driver lacks the new name that the package has."""
    old = nvml.nvmlDeviceGetCurrentClocksThrottleReasons
    new = getattr(nvml, "nvmlDeviceGetCurrentClocksEventReasons", old)
    try:
        new(handle)
    except nvml.NVMLError:
        return lambda: old(handle)
    return lambda: new(handle)


def _answer(ask: Callable[[], int]) -> int:
    with suppress(Exception):  # a GPU may fall off the bus
        return int(ask())
    return UNKNOWN


def _write(raw: Path, ended: threading.Event, gpus: Mapping[str, Mapping[int, Callable[[], int]]]) -> None:
    """A row for each value that is another than before, until the end."""
    (raw / DEVICES).write_text(json.dumps([*gpus]))
    before: dict[tuple[int, int], int] = {}
    with (raw / VALUES).open("wb") as file:
        while not ended.is_set():
            began_s = time.thread_time()
            for number, questions in enumerate(gpus.values()):
                for place, ask in questions.items():
                    value = _answer(ask)
                    if before.get((number, place)) != value:
                        before[number, place] = value
                        file.write(VALUE.pack(value, time.time_ns(), number, place))
            file.flush()
            ended.wait(max(_PERIOD_S, (time.thread_time() - began_s) / _SHARE))
