from __future__ import annotations

import pytest

from gpu_trace_analyzers.readers import load
from small_traces import write_nsys

KERNELS = (
    "start INTEGER, end INTEGER, deviceId INTEGER, streamId INTEGER, globalPid INTEGER",
    [(10, 20, 1, 7, 77 << 24)],
)
GPUS = ("id INTEGER, cuDevice INTEGER, name TEXT, uuid TEXT", [(4, 0, "A", "GPU-a"), (0, 1, "B", "GPU-b")])
OF_PROCESS = ("pid INTEGER, cudaId INTEGER, gpuId INTEGER", [(77, 1, 4)])


@pytest.mark.parametrize(
    ("more", "name"),
    [({}, "B"), ({"TARGET_INFO_CUDA_DEVICE": OF_PROCESS}, "A")],
    ids=["of the machine", "of a process"],
)
def test_a_gpu_is_named_by_the_number_that_its_work_has(tmp_path, more, name):
    tables = {"CUPTI_ACTIVITY_KIND_KERNEL": KERNELS, "TARGET_INFO_GPU": GPUS, **more}
    trace = load(write_nsys(tmp_path / "report.sqlite", tables))
    assert [trace.devices[position].name for position in trace.work.device.tolist()] == [name]


def test_a_gpu_has_its_capability_and_multiprocessors(tmp_path):
    columns = f"{GPUS[0]}, computeMajor INTEGER, computeMinor INTEGER, smCount INTEGER"
    sized = (columns, [(0, 1, "B", "GPU-b", 9, 0, 132)])
    trace = load(
        write_nsys(tmp_path / "report.sqlite", {"CUPTI_ACTIVITY_KIND_KERNEL": KERNELS, "TARGET_INFO_GPU": sized})
    )
    assert [(device.capability, device.multiprocessors) for device in trace.devices] == [((9, 0), 132)]
    trace = load(write_nsys(tmp_path / "old.sqlite", {"CUPTI_ACTIVITY_KIND_KERNEL": KERNELS, "TARGET_INFO_GPU": GPUS}))
    assert [(device.capability, device.multiprocessors) for device in trace.devices] == [(None, -1)]


def test_the_host_is_known_and_nothing_else_of_the_environment_is_kept(tmp_path):
    environment = ("name TEXT, value TEXT", [("DeviceEnvironment", "TOKEN=secret"), ("Hostname", "dgx-07")])
    tables = {"CUPTI_ACTIVITY_KIND_KERNEL": KERNELS, "TARGET_INFO_SYSTEM_ENV": environment}
    trace = load(write_nsys(tmp_path / "report.sqlite", tables))
    assert [process.host for process in trace.processes] == ["dgx-07"]
    assert "secret" not in f"{trace.strings} {trace.source}"
