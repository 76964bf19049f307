"""CUPTI leaves a process that goes on after its recording, where that is sound and nobody needs it."""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import SimpleNamespace

import pytest

from gpu_trace.boot import captures, cupti_leaving, recorder
from gpu_trace.boot.recorder import Recorder


class Notes(list):
    def write(self, key, *values):
        pass

    def failed(self, what, error):
        self.append(f"{what} ({error})")


class Session:
    ended_ns = 1

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def stop(self):
        return self

    def save(self, path):
        Path(path).write_text("{}", encoding="ascii")


@pytest.fixture
def cupti(monkeypatch):
    """What is called of a CUPTI; it returns ``refuses`` in the end."""
    called = SimpleNamespace(names=[], refuses=0)

    def flush(flag):
        called.names.append(f"flush {flag}")

    def finalize():
        called.names.append("finalize")
        return called.refuses

    monkeypatch.setattr(cupti_leaving, "loaded_cupti", lambda: "/libcupti.so")
    monkeypatch.setattr(
        ctypes, "CDLL", lambda path: SimpleNamespace(cuptiActivityFlushAll=flush, cuptiFinalize=finalize)
    )
    return called


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
def recording(notes, tmp_path, monkeypatch):
    """A recorder on a GPU, which records."""
    monkeypatch.setattr(recorder, "Session", Session)
    monkeypatch.setattr(recorder.devices, "are_used", lambda: True)
    monkeypatch.setattr(recorder.devices, "described", lambda: "[]")
    monkeypatch.setattr(recorder.devices, "synchronized_within", lambda _: True)
    monkeypatch.setattr(recorder.stream_waits, "loaded_cupti", lambda: None)
    monkeypatch.setitem(recorder.sys.modules, "torch", SimpleNamespace(version=SimpleNamespace(cuda="13.0")))
    monkeypatch.delenv("TEARDOWN_CUPTI", raising=False)
    monkeypatch.setenv("LEAVE_CUPTI", "1")
    settings = SimpleNamespace(raw=str(tmp_path), level="ops", has_gpu=True, activities="")
    found = Recorder(settings, notes, SimpleNamespace(counted=lambda action: action()))
    found.use(object())
    found.start()
    return found


@pytest.fixture
def ended(recording):
    """One whose recording has ended."""
    recording.finish()
    return recording


def test_it_leaves_a_script_that_goes_on(recording, cupti):
    recording.leave_cupti()
    assert cupti.names == []
    recording.finish_early()
    recording.finish_early()
    assert cupti.names == ["flush 1", "finalize"]


def test_it_stays_in_a_script_that_is_ending_just_then(ended, cupti):
    """Its main thread has saved, and the thread that watches the time comes too late."""
    ended.finish_early()
    assert cupti.names == []


def test_it_leaves_once_the_recording_has_ended(ended, cupti, notes):
    ended.leave_cupti()
    assert (cupti.names, notes) == (["flush 1", "finalize"], [])


def test_it_leaves_once_and_again_after_another_recording(ended, cupti):
    ended.leave_cupti()
    ended.leave_cupti()
    assert cupti.names == ["flush 1", "finalize"]
    ended.reopen()
    ended.finish_early()
    assert cupti.names == 2 * ["flush 1", "finalize"]


def test_where_it_refuses_that_is_noted(ended, cupti, notes):
    cupti.refuses = 15
    ended.leave_cupti()
    reason = "CUPTI did not leave (CUPTI returned error 15)"
    assert notes == [f"launches may have stayed slower after the recording: {reason}"]


def test_it_stays_where_a_recording_may_begin_again(ended, cupti):
    ended.reopen()
    ended.leave_cupti()
    assert cupti.names == []


def test_it_stays_where_the_scripts_own_profiler_has_it(ended, cupti):
    ended.give_way()
    ended.leave_cupti()
    assert cupti.names == []


def test_it_stays_where_work_never_ends(ended, cupti, monkeypatch):
    monkeypatch.setattr(recorder.devices, "synchronized_within", lambda _: False)
    ended.leave_cupti()
    assert cupti.names == []


def test_it_stays_during_the_capture_of_a_graph(ended, cupti, monkeypatch):
    monkeypatch.setattr(captures, "_under_way", [1])
    ended.leave_cupti()
    assert cupti.names == []


def test_it_stays_in_a_forked_child(ended, cupti):
    ended._pid += 1
    ended.leave_cupti()
    assert cupti.names == []


@pytest.mark.parametrize(
    ("version", "sound"), [("12.6", True), ("12.10", True), ("13.0", True), ("12.5", False), ("11.8", False)]
)
def test_it_stays_with_versions_that_do_not_come_back(version, sound, ended, cupti, monkeypatch):
    monkeypatch.setitem(recorder.sys.modules, "torch", SimpleNamespace(version=SimpleNamespace(cuda=version)))
    ended.leave_cupti()
    assert ("finalize" in cupti.names) == sound


def test_it_stays_without_cuda_and_where_torch_has_loaded_none(ended, cupti, monkeypatch):
    monkeypatch.setattr(cupti_leaving, "loaded_cupti", lambda: None)
    ended.leave_cupti()
    monkeypatch.setitem(recorder.sys.modules, "torch", SimpleNamespace(version=SimpleNamespace(cuda=None)))
    ended.leave_cupti()
    assert cupti.names == []


@pytest.mark.parametrize("value", [None, "0", ""])
def test_it_stays_unless_it_is_asked_to_leave(ended, cupti, monkeypatch, value):
    monkeypatch.delenv("LEAVE_CUPTI")
    if value is not None:
        monkeypatch.setenv("LEAVE_CUPTI", value)
    ended.leave_cupti()
    assert cupti.names == []


def test_it_stays_in_a_process_that_waits_for_others(ended, cupti, monkeypatch):
    joined = SimpleNamespace(is_available=lambda: True, is_initialized=lambda: True)
    monkeypatch.setitem(recorder.sys.modules, "torch.distributed", joined)
    ended.leave_cupti()
    assert cupti.names == []


def test_it_stays_where_kineto_sees_to_it(ended, cupti, monkeypatch):
    monkeypatch.setenv("TEARDOWN_CUPTI", "1")
    ended.leave_cupti()
    assert cupti.names == []
