"""The raw folder of a training run that never was: what a recorded process leaves at the default level, of any size.

A step copies its input, launches small kernels forward on the main thread and backward on that of autograd, waits on an
event of the stream of copies, and reads its loss back. Names, launches, NVTX ranges and stacks repeat as they do in a
real run; lengths and gaps are drawn.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gpu_trace.boot import contract, nvtx_layout
from gpu_trace.cupti_recording.records import LAUNCH, RECORD, ActivityKind
from gpu_trace.nvtx_recording.records import EVENT, HEADER
from gpu_trace.stack_sampling.records import CALL, CODE, ROW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Records = NDArray[np.void]

PID, AUTOGRAD = 4001, 4017
BASE_NS = 1_790_857_026_000_000_000
KERNELS_PER_STEP = 300
_EVERY_NS = 5_200
"""from one launch to the next"""
_IDS_PER_STEP = KERNELS_PER_STEP + 5
_DEVICE = {"id": 0, "name": "NVIDIA H200", "uuid": "GPU-0", "totalGlobalMem": 150109880320}
_SIZES = {"computeMajor": 9, "computeMinor": 0, "numSms": 132}
_KERNELS = [
    f"void at::native::vectorized_elementwise_kernel<{n}, at::native::CUDAFunctor_add<float>, std::array<char*, 3ul> >"
    f"(int, at::native::CUDAFunctor_add<float>, std::array<char*, 3ul>)"
    if n % 3
    else f"nvjet_tst_{64 + n}x128_64x4_2x1_v_bz_coopA_TNT"
    for n in range(90)
]
_CALLS = ("cudaLaunchKernel_v7000", "cudaMemcpyAsync_v3020", "cudaStreamSynchronize_v3020", "cudaStreamWaitEvent_v3020")
_COPY_STREAM, _STREAM = 13, 7
_EVENT_OF_COPY = 5


def write(raw: Path, events: int) -> int:
    """Fill the folder with about that many CUPTI records and NVTX ranges; the id of the process that they are of."""
    steps = max(1, round(events / (2 * KERNELS_PER_STEP + 13)))
    random = np.random.default_rng(21)
    starts_ns = BASE_NS + 1_000_000 + np.arange(steps) * (KERNELS_PER_STEP + 20) * _EVERY_NS
    parts = [*_launches(random, starts_ns), *_copies(starts_ns), *_waits(starts_ns)]
    whole = np.concatenate([part.view(f"V{RECORD.itemsize}") for part in parts])  # fields overlap: they are not copied
    stem = contract.session_file(contract.CUPTI, PID, 0)
    whole.tofile(raw / f"{stem}{contract.RECORDS}")
    _write_names(raw / f"{stem}{contract.NAMES}")
    _write_ranges(raw, starts_ns)
    _write_stacks(raw, starts_ns)
    _write_facts(raw, starts_ns)
    return PID


def _of_kind(
    kind: int, start_ns: NDArray[np.int64], length_ns: object, correlation: object, **fields: object
) -> Records:
    made = np.zeros(len(start_ns), RECORD)
    made["kind"], made["start_ns"], made["end_ns"] = kind, start_ns, start_ns + length_ns
    made["correlation"], made["context"] = correlation, 1
    for name, value in fields.items():
        made[name] = value
    return made


def _launches(random: np.random.Generator, starts_ns: NDArray[np.int64]) -> list[Records]:
    """The kernels of all steps and their calls; each kernel follows the one before on its stream."""
    steps = len(starts_ns)
    place = np.tile(np.arange(KERNELS_PER_STEP), steps)
    called_ns = np.repeat(starts_ns, KERNELS_PER_STEP) + (place + 4) * _EVERY_NS + random.integers(0, 900, len(place))
    length_ns = random.integers(1_500, 4_200, len(place))
    correlation = np.repeat(1 + np.arange(steps) * _IDS_PER_STEP, KERNELS_PER_STEP) + place
    threads = np.where((place > 110) & (place < 260), AUTOGRAD, PID)
    shapes = [(1 + n % 40 * 11, 1, 1, 128 * (1 + n % 3), 1, 1, 32 + n % 8, n % 5 * 1024) for n in range(150)]
    packed = np.array([np.frombuffer(LAUNCH.pack(*shape), "V32")[0] for shape in shapes])
    calls = _of_kind(ActivityKind.RUNTIME, called_ns, random.integers(2_000, 3_500, len(place)), correlation)
    calls["name"], calls["thread"] = 1, threads
    kernels = _of_kind(ActivityKind.CONCURRENT_KERNEL, called_ns + 3_600, length_ns, correlation)
    kernels["name"], kernels["stream"], kernels["launch"] = 100 + place % len(_KERNELS), _STREAM, packed[place % 150]
    return [calls, kernels]


def _copies(starts_ns: NDArray[np.int64]) -> list[Records]:
    """Of each step the input, and the loss."""
    made, steps = [], np.arange(len(starts_ns))
    for number, (kind, source, target, stream, size, place) in enumerate(
        [(1, 2, 3, _COPY_STREAM, 1 << 20, 1), (2, 3, 1, _STREAM, 4, KERNELS_PER_STEP + 6)]
    ):
        called_ns, correlation = starts_ns + place * _EVERY_NS, 301 + steps * _IDS_PER_STEP + number
        made.append(_of_kind(ActivityKind.RUNTIME, called_ns, 3_000, correlation, name=2, thread=PID))
        ends = {"copy_kind": kind, "source": source, "target": target, "bytes": size, "stream": stream}
        made.append(_of_kind(ActivityKind.MEMCPY, called_ns + 3_400, 2_400, correlation, **ends))
    return made


def _waits(starts_ns: NDArray[np.int64]) -> list[Records]:
    """Of each step a wait of the stream for the copy, and the wait of the host at its end."""
    steps = np.arange(len(starts_ns))
    recorded, waits, synced = (303 + steps * _IDS_PER_STEP + number for number in range(3))
    event = np.zeros(len(steps), RECORD)
    event["kind"], event["context"], event["stream"], event["event"] = ActivityKind.CUDA_EVENT, 1, _COPY_STREAM, 5
    event["correlation"] = recorded
    waits_ns, synced_ns = starts_ns + 3 * _EVERY_NS, starts_ns + (KERNELS_PER_STEP + 8) * _EVERY_NS
    return [
        event,
        _of_kind(ActivityKind.RUNTIME, waits_ns, 900, waits, name=4, thread=PID),
        _of_kind(
            ActivityKind.SYNCHRONIZATION, waits_ns + 100, 600, waits, type=2, event=_EVENT_OF_COPY, stream=_STREAM
        ),
        _of_kind(ActivityKind.RUNTIME, synced_ns, 5_000, synced, name=3, thread=PID),
        _of_kind(ActivityKind.SYNCHRONIZATION, synced_ns + 200, 4_500, synced, type=3, stream=_STREAM),
    ]


def _write_names(path: Path) -> None:
    names = dict(enumerate(_CALLS, 1)) | dict(enumerate(_KERNELS, 100))
    names |= {1 << 31 | PID: "python3", 1 << 31 | AUTOGRAD: "pt_autograd_0"}
    encoded = {number: text.encode() for number, text in names.items()}
    path.write_bytes(b"".join(struct.pack("<II", number, len(text)) + text for number, text in encoded.items()))


def _write_ranges(raw: Path, starts_ns: NDArray[np.int64]) -> None:
    """Of each step a push and a pop of the step, of its forward and of its backward pass, and of the optimizer."""
    parts = ((1, 0, KERNELS_PER_STEP + 12), (2, 2, 110), (3, 111, 259), (4, 260, KERNELS_PER_STEP + 4))
    events = np.zeros(len(starts_ns) * 2 * len(parts), EVENT)
    rows = events.reshape(len(starts_ns), -1)
    for number, (name, first, last) in enumerate(parts):
        for row, kind, place in ((2 * number, nvtx_layout.PUSH, first), (2 * number + 1, nvtx_layout.POP, last)):
            rows["kind"][:, row], rows["name"][:, row] = kind, name if kind == nvtx_layout.PUSH else 0
            rows["at_ns"][:, row] = starts_ns + place * _EVERY_NS
    events["range"], events["thread"] = 1, PID
    events = events[np.argsort(events["at_ns"], kind="stable")]
    whole = nvtx_layout.CHUNK // EVENT.itemsize
    chunks = [events[at : at + whole].tobytes() for at in range(0, len(events), whole)]
    head = HEADER.pack(
        nvtx_layout.MAGIC, nvtx_layout.VERSION, PID, nvtx_layout.CHUNK, EVENT.itemsize, len(chunks) + 1, 0
    )
    data = b"".join(chunk.ljust(nvtx_layout.CHUNK, b"\0") for chunk in (head, *chunks))
    stem = contract.nvtx_file(PID, 0)
    (raw / f"{stem}{contract.EVENTS}").write_bytes(data)
    texts = [
        (nvtx_layout.STRING, n, 0, text) for n, text in enumerate(("train_step", "forward", "backward", "adam"), 1)
    ]
    texts.append((nvtx_layout.THREAD, PID, 0, "python3"))
    records = (struct.pack(nvtx_layout.TEXT, *of, len(text)) + text.encode() for *of, text in texts)
    (raw / f"{stem}{contract.TEXTS}").write_bytes(b"".join(records))


def _write_stacks(raw: Path, starts_ns: NDArray[np.int64]) -> None:
    """A sample of two threads each millisecond, in one of sixty stacks of eight frames."""
    compiled = compile("\n" * 3 + "def f(x):\n return x", "train.py", "exec")
    numbers = [(number, f"function_{number}") for number in range(1, 81)]
    records = []
    for number, name in numbers:
        text, lines = name.encode("latin-1"), compiled.co_linetable
        file = f"/home/user/train/model_{number % 9}.py".encode("latin-1")
        records.append(CODE.pack(number, 1, 1, len(text), 1, len(file), len(lines)) + text + file + lines)
    (raw / f"stacks-{PID}-codes").write_bytes(b"".join(records))
    calls = np.zeros(8 * 60, CALL)
    calls["number"] = np.arange(1, len(calls) + 1)
    calls["caller"] = np.where(np.arange(len(calls)) % 8, np.arange(len(calls)), 0)
    calls["code"], calls["offset"] = 1 + np.arange(len(calls)) % 80, 2
    calls.tofile(raw / f"stacks-{PID}-calls")
    at_ns = np.arange(int(starts_ns[0]), int(starts_ns[-1]) + 1, 1_000_000)
    rows = np.zeros(2 * len(at_ns), ROW)
    rows["start_ns"], rows["thread"] = np.repeat(at_ns, 2), np.tile([PID, AUTOGRAD], len(at_ns))
    rows["end_ns"], rows["state"] = rows["start_ns"] + 1_000_000, np.tile([3, 2], len(at_ns))
    rows["stack"] = 8 * (1 + np.arange(len(rows)) // 6 % 60)
    rows.tofile(raw / f"stacks-{PID}-rows")


def _write_facts(raw: Path, starts_ns: NDArray[np.int64]) -> None:
    """Kineto's own file, which has ranges of ``record_function``, and the notes of the process."""
    devices, end_ns = json.dumps([_DEVICE | _SIZES]), int(starts_ns[-1]) + 2_000_000
    rows = [
        f'  {{\n    "ph": "X", "cat": "user_annotation", "name": "Optimizer.step#Adam.step", "pid": {PID}, '
        f'"tid": {PID},\n    "ts": {_us(start_ns + 260 * _EVERY_NS)}, "dur": {_us(44 * _EVERY_NS)},\n'
        f'    "args": {{\n      "External id": {number}\n    }}\n  }}'
        for number, start_ns in enumerate((starts_ns - BASE_NS).tolist(), 1)
    ]
    text = (
        f'{{\n  "schemaVersion": 1,\n  "deviceProperties": {devices},\n  "displayTimeUnit": "ms",\n'
        f'  "baseTimeNanoseconds": {BASE_NS},\n  "traceEvents": [\n'
        + ",\n".join(rows)
        + '\n  ],\n  "traceName": "x"\n}'
    )
    (raw / f"{contract.session_file(contract.KINETO, PID, 0)}.json").write_text(text)
    notes = [
        ("python", "3.12.3"), ("torch", "2.11.0+cu130"), ("cuda", "13.0"), ("starts", BASE_NS), ("devices", devices),
        ("recording", "gpu"), ("source", "cupti"), ("recorded_from", f"0 {BASE_NS}"), ("recorded_to", f"0 {end_ns}"),
        ("stopped", f"{end_ns} {end_ns + 9_000_000} {end_ns + 12_000_000}"),
    ]  # fmt: skip
    (raw / contract.notes_file(PID)).write_text("".join(f"{key}\t{value}\n" for key, value in notes))


def _us(ns: int) -> str:
    return f"{ns // 1000}.{ns % 1000:03}"


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), int(sys.argv[2])))
