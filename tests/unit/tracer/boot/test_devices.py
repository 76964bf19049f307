"""The GPUs of a process, by a stand-in for torch.cuda."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

from gpu_trace.boot import devices


def test_devices_are_waited_for_where_no_thread_can_be_started(monkeypatch):
    waited = []

    class Cuda:
        device_count = staticmethod(lambda: 1)
        synchronize = staticmethod(waited.append)

    monkeypatch.setattr(devices, "_cuda", lambda: Cuda)
    monkeypatch.setattr(devices, "are_used", lambda: True)
    monkeypatch.setitem(sys.modules, "torch._C", type("C", (), {"_cuda_hasPrimaryContext": lambda _: True}))
    monkeypatch.setitem(sys.modules, "torch.distributed", type("D", (), {"is_initialized": lambda: False}))
    monkeypatch.setattr(devices, "start_new_thread", lambda *_: (_ for _ in ()).throw(RuntimeError("at shutdown")))
    assert devices.synchronized_within(1.0)
    assert waited == [0]


def test_devices_are_described_as_kineto_does(monkeypatch):
    h200 = SimpleNamespace(name="NVIDIA H200", total_memory=1 << 37, major=9, minor=0, multi_processor_count=132)
    cuda = SimpleNamespace(device_count=lambda: 2, get_device_properties=lambda index: h200)
    monkeypatch.setattr(devices, "_cuda", lambda: cuda)
    found = json.loads(devices.described())
    assert [(device["id"], device["name"], device["numSms"]) for device in found] == [
        (0, "NVIDIA H200", 132),
        (1, "NVIDIA H200", 132),
    ]


def test_a_device_that_does_not_describe_itself_harms_nothing(monkeypatch):
    def broken(index):
        raise RuntimeError("CUDA error")

    monkeypatch.setattr(devices, "_cuda", lambda: SimpleNamespace(device_count=lambda: 1, get_device_properties=broken))
    assert devices.described() == "[]"
