"""The GPUs of a process, by a stand-in for torch.cuda."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from uuid import UUID

import pytest

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


@pytest.mark.parametrize(
    ("more", "uuid"),
    [
        ({}, None),  # before torch 2.5
        ({"uuid": UUID("6A77E2F8-1c52-0d3e-9f10-5b1f6c1d2e3f")}, "GPU-6a77e2f8-1c52-0d3e-9f10-5b1f6c1d2e3f"),
        ({"uuid": "GPU-6A77E2F81C520D3E9F105B1F6C1D2E3F"}, "GPU-6a77e2f81c520d3e9f105b1f6c1d2e3f"),
        ({"uuid": UUID(int=0)}, None),
        ({"uuid": "4b2c1a9f00aa11bb"}, None),  # ROCm
        ({"uuid": UUID(int=7), "name": "NVIDIA H100 MIG 1g.10gb"}, None),
    ],
)
def test_devices_are_described_with_their_uuids_where_torch_says_them(more, uuid, monkeypatch):
    known = {"name": "NVIDIA H200", "total_memory": 1, "major": 9, "minor": 0, "multi_processor_count": 132}
    cuda = SimpleNamespace(device_count=lambda: 1, get_device_properties=lambda _: SimpleNamespace(**known | more))
    monkeypatch.setattr(devices, "_cuda", lambda: cuda)
    [found] = json.loads(devices.described())
    assert found.get("uuid") == uuid


def test_a_device_that_does_not_describe_itself_harms_nothing(monkeypatch):
    def broken(index):
        raise RuntimeError("CUDA error")

    monkeypatch.setattr(devices, "_cuda", lambda: SimpleNamespace(device_count=lambda: 1, get_device_properties=broken))
    assert devices.described() == "[]"
