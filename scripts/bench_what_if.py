"""How long does a prediction of a hundred thousand operations take? Prints processor seconds.

The run is drawn: in each step a batch is copied to the device, two kernels use it, and the result is copied back, all
on one stream; memory is given out again as PyTorch's allocator does. The last line is the most memory that the process
had, and how much of that was there before.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gpu_trace_analyzers.dependencies.execution_trace import execution_trace_of
from gpu_trace_analyzers.dependencies.find import dependencies
from gpu_trace_analyzers.model import (
    Device,
    DeviceWork,
    Engine,
    HostCalls,
    HostOperators,
    Memory,
    Process,
    RangeKind,
    Ranges,
    Source,
    Trace,
)
from gpu_trace_analyzers.whatif.doubts import beliefs
from gpu_trace_analyzers.whatif.expected import expected_plan
from gpu_trace_analyzers.whatif.modeled import modeled
from gpu_trace_analyzers.whatif.predict import what_if
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost
from gpu_trace_analyzers.whatif.schedule import schedule
from gpu_trace_analyzers.whatif.window import part

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
PID, STORAGES, BYTES = 100, 64, 1 << 20
STEP = (
    ("aten::copy_", Engine.COPY_H2D, "aten::copy_(Tensor(a!) self, Tensor src) -> Tensor(a!)"),
    ("aten::mm", Engine.COMPUTE, "aten::mm(Tensor self, Tensor mat2) -> Tensor"),
    ("aten::relu", Engine.COMPUTE, "aten::relu(Tensor self) -> Tensor"),
    ("aten::copy_", Engine.COPY_D2H, "aten::copy_(Tensor(a!) self, Tensor src) -> Tensor(a!)"),
)
NAMES = ("aten::copy_", "aten::mm", "aten::relu", "cudaLaunchKernel", "cudaDeviceSynchronize", "measured")


def drawn_trace(operations: int) -> Trace:
    """Launches 4 us apart, operations of 20 to 60 us one after the other, and a wait for the last."""
    random, place = np.random.default_rng(0), np.arange(operations) % len(STEP)
    issued_ns = 1_000 + 4_000 * np.arange(operations)
    end_ns = 20_000 + np.cumsum(random.integers(20_000, 60_000, operations))
    start_ns = np.concatenate([[10_000], end_ns[:-1] + 1_000])
    engine = np.array([engine for _, engine, _ in STEP])[place]
    each, nothing, one = np.arange(operations), np.zeros(operations, np.int64), np.ones(operations, np.int64)
    work = {"start_ns": start_ns, "end_ns": end_ns, "name": place % 3, "engine": engine, "device": nothing}
    work |= {"stream": 7 * one, "process": nothing, "correlation": each, "size": BYTES * one}
    work |= {
        "source": np.where(engine == Engine.COPY_H2D, Memory.PINNED, Memory.DEVICE),
        "target": np.where(engine == Engine.COPY_D2H, Memory.PINNED, Memory.DEVICE),
    }
    calls = {"start_ns": issued_ns, "end_ns": issued_ns + 2_000, "name": 3 * one, "correlation": each}
    last = {"start_ns": [issued_ns[-1] + 3_000], "end_ns": [end_ns[-1] + 5_000], "name": [4], "correlation": [-1]}
    calls = {key: np.append(column, last[key]) for key, column in calls.items()}
    calls |= {"process": np.zeros(operations + 1), "thread": np.ones(operations + 1)}
    operators = {"start_ns": issued_ns - 500, "end_ns": issued_ns + 3_000, "name": place % 3, "process": nothing}
    operators |= {"thread": one, "record_function": 1 + each}
    measured = {"start_ns": [0], "end_ns": [issued_ns[-1] + 3_500], "name": [5], "kind": [RangeKind.NVTX]}
    return Trace(
        Source("drawn", "drawn", operations),
        NAMES,
        (Device("gpu", 0, "NVIDIA H200", multiprocessors=132),),
        (Process(PID),),
        DeviceWork.of(work),
        HostCalls.of(calls),
        ranges=Ranges.of(measured | {"process": [0], "thread": [1]}),
        operators=HostOperators.of(operators),
    )


def drawn_execution(operations: int) -> bytes:
    """The execution trace of the same run, as PyTorch writes it."""
    nodes = []
    for number in range(operations):
        step, place = divmod(number, len(STEP))
        x, y, z = (f"cuda {(3 * step + k) % STORAGES}" for k in range(3))
        given, returned = (((x, "cpu 1"), (x,)), ((x, "cuda w"), (y,)), ((y,), (z,)), (("cpu 2", z), ("cpu 2",)))[place]
        nodes.append(_node(number + 1, place, [*map(_tensor, given)], [*map(_tensor, returned)]))
    return json.dumps({"schema": "1.1.1-chakra.0.0.4", "pid": PID, "nodes": nodes}).encode()


def _tensor(said: str) -> list[Any]:
    device, name = said.split()
    storage = 10_000 + ord(name) if name == "w" else int(name) + (20_000 if device == "cpu" else 0)
    return [storage, storage, 0, BYTES // 4, 4, "cuda:0" if device == "cuda" else "cpu"]


def _node(number: int, place: int, given: list[Any], returned: list[Any]) -> dict[str, Any]:
    def values(tensors: list[Any]) -> dict[str, Any]:
        sizes, strides = [[BYTES // 4] for _ in tensors], [[1] for _ in tensors]
        return {"values": tensors, "shapes": sizes, "types": ["Tensor(float)"] * len(tensors), "strides": strides}

    name, _, schema = STEP[place]
    told = {"rf_id": number, "op_schema": schema, "kernel_backend": ""}
    attributes = [{"name": key, "type": "", "value": value} for key, value in told.items()]
    return {
        "id": number + 1,
        "name": name,
        "ctrl_deps": 1,
        "inputs": values(given),
        "outputs": values(returned),
        "attrs": attributes,
    }


def timed(name: str, ask: Callable[[], T]) -> T:
    """What is answered, after a line with the time it took."""
    began = time.process_time()
    answer = ask()
    print(f"{name:<16}{time.process_time() - began:8.3f} s", flush=True)
    return answer


def peak_mb() -> float:
    """The most memory that this process had until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main(operations: int = 100_000) -> None:
    """Time each part of a prediction, and all of it for a trace that was asked nothing before."""
    trace, data = drawn_trace(operations), drawn_execution(operations)
    print(f"{operations:,} operations, execution trace of {len(data) / 1e6:.0f} MB")
    before_mb = peak_mb()
    execution = timed("execution trace", lambda: execution_trace_of(data, "drawn"))
    chosen = part(trace, "measured")
    known = timed("dependencies", lambda: dependencies(replace(trace), chosen.rows, execution))
    _, expected, _ = beliefs(chosen, RecordingCost())
    model = modeled(chosen, known, expected)
    plan = expected_plan(model)
    timed("schedule", lambda: schedule(plan))
    timed("contention", lambda: model.times(plan))
    found = timed("what if", lambda: what_if(replace(trace), execution, range_name="measured"))
    print(f"{peak_mb():.0f} MB, {before_mb:.0f} MB of it for what is asked of; {found.status} {found.reason}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
