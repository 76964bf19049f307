"""Clocks by a stand-in for NVML. That of a real GPU is in tests/gpu."""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from gpu_trace.recording import gpu_clocks
from gpu_trace.recording.gpu_clock_rows import chrome_rows
from gpu_trace.recording.gpu_clocks import COUNTERS, DEVICES, VALUE, VALUES, sampled
from gpu_trace_analyzers.vocabulary.gpu_counters import MAX_SM_CLOCK, POWER, SM_CLOCK, THROTTLE_REASONS

SM, MAX, WATT, WHY = (COUNTERS.index(name) for name in (SM_CLOCK, MAX_SM_CLOCK, POWER, THROTTLE_REASONS))


class NVMLError(Exception):
    pass


def refuses(*_):
    raise NVMLError


def nvml(**functions):
    """NVML with two GPUs; ``functions`` take the place of its own."""
    fake = SimpleNamespace(
        NVMLError=NVMLError,
        NVML_CLOCK_SM=1,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetUUID=lambda handle: f"GPU-{handle}",
        nvmlDeviceGetClockInfo=lambda handle, kind: 1400 + handle if kind == 1 else 0,
        nvmlDeviceGetMaxClockInfo=lambda _handle, kind: 1980 if kind == 1 else 0,
        nvmlDeviceGetPowerUsage=lambda _: 700_000,
        nvmlDeviceGetCurrentClocksThrottleReasons=refuses,
        nvmlDeviceGetCurrentClocksEventReasons=lambda _: 4,
    )
    for name, function in functions.items():
        setattr(fake, name, function)
    return fake


@pytest.fixture
def on_a_machine_with_gpus(monkeypatch):
    monkeypatch.setattr(gpu_clocks, "machine_has_gpu", lambda: True)
    monkeypatch.setattr(gpu_clocks, "_PERIOD_S", 0.01)
    return monkeypatch


def sample(raw, monkeypatch, fake, seconds=0.1):
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    with sampled(raw):
        time.sleep(seconds)


def values(raw):
    """Of each GPU and counter the values, in order."""
    found = {}
    data = (raw / VALUES).read_bytes()
    for value, _, number, counter in VALUE.iter_unpack(data):
        found.setdefault((number, counter), []).append(value)
    return found


def test_each_value_of_each_gpu_is_written_once_while_it_stays(tmp_path, on_a_machine_with_gpus):
    sample(tmp_path, on_a_machine_with_gpus, nvml())
    assert json.loads((tmp_path / DEVICES).read_text()) == ["GPU-0", "GPU-1"]
    assert values(tmp_path) == {
        (number, counter): [value]
        for number in (0, 1)
        for counter, value in ((SM, 1400 + number), (MAX, 1980), (WATT, 700_000), (WHY, 4))
    }


def test_values_that_change_are_written_again(tmp_path, on_a_machine_with_gpus):
    changing = iter(range(10_000))
    sample(tmp_path, on_a_machine_with_gpus, nvml(nvmlDeviceGetPowerUsage=lambda handle: next(changing)))
    found = values(tmp_path)
    assert len(found[0, WATT]) > 1
    assert len(found[0, SM]) == 1


def test_a_counter_that_a_gpu_does_not_have_is_left_out(tmp_path, on_a_machine_with_gpus):
    sample(tmp_path, on_a_machine_with_gpus, nvml(nvmlDeviceGetPowerUsage=refuses))
    assert {counter for _, counter in values(tmp_path)} == {SM, MAX, WHY}


def test_older_drivers_call_the_reasons_otherwise(tmp_path, on_a_machine_with_gpus):
    fake = nvml(nvmlDeviceGetCurrentClocksThrottleReasons=lambda _: 8)
    del fake.nvmlDeviceGetCurrentClocksEventReasons
    sample(tmp_path, on_a_machine_with_gpus, fake)
    assert values(tmp_path)[0, WHY] == [8]


def test_a_driver_may_be_older_than_the_package(tmp_path, on_a_machine_with_gpus):
    fake = nvml(nvmlDeviceGetCurrentClocksThrottleReasons=lambda _: 8, nvmlDeviceGetCurrentClocksEventReasons=refuses)
    sample(tmp_path, on_a_machine_with_gpus, fake)
    assert values(tmp_path)[0, WHY] == [8]


def test_a_script_that_ends_before_nvml_answers_has_no_clocks(tmp_path):
    ended = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pynvml", nvml(nvmlInit=ended.set, nvmlDeviceGetCount=lambda: pytest.fail("asked")))
        gpu_clocks._sample(tmp_path, ended)
    assert list(tmp_path.iterdir()) == []


def test_from_where_nvml_no_longer_answers_the_value_is_unknown(tmp_path, on_a_machine_with_gpus):
    answers = iter([1400, 1400])  # the first is of whether it answers at all

    def clock(*_):
        return next(answers)

    sample(tmp_path, on_a_machine_with_gpus, nvml(nvmlDeviceGetCount=lambda: 1, nvmlDeviceGetClockInfo=clock))
    assert values(tmp_path)[0, SM] == [1400, gpu_clocks.UNKNOWN]
    assert values(tmp_path)[0, WATT] == [700_000]


@pytest.mark.parametrize("fake", [None, nvml(nvmlInit=refuses), nvml(nvmlDeviceGetCount=refuses)])
def test_where_nvml_does_not_answer_there_are_no_clocks(tmp_path, on_a_machine_with_gpus, fake):
    sample(tmp_path, on_a_machine_with_gpus, fake)
    assert not (tmp_path / VALUES).exists()


def test_a_driver_that_hangs_holds_up_nothing(tmp_path, on_a_machine_with_gpus):
    on_a_machine_with_gpus.setattr(gpu_clocks, "_PATIENCE_S", 0.05)
    released = threading.Event()
    fake = nvml(nvmlDeviceGetPowerUsage=lambda _: released.wait(60))
    began = time.monotonic()
    sample(tmp_path, on_a_machine_with_gpus, fake)
    assert time.monotonic() - began < 30
    released.set()


def test_where_the_system_allows_no_more_threads_there_are_no_clocks(tmp_path, on_a_machine_with_gpus, monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("no thread")))
    sample(tmp_path, on_a_machine_with_gpus, nvml())
    assert list(tmp_path.iterdir()) == []


def test_its_thread_takes_no_signal(tmp_path, on_a_machine_with_gpus):
    masks = []
    fake = nvml(nvmlInit=lambda: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, [])))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    sample(tmp_path, on_a_machine_with_gpus, fake)
    assert {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP} <= masks[0]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_without_a_gpu_no_thread_is_started(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu_clocks, "machine_has_gpu", lambda: False)
    with sampled(tmp_path):
        assert "gpu-trace clocks" not in {thread.name for thread in threading.enumerate()}
    assert list(tmp_path.iterdir()) == []


def written(raw, *rows):
    (raw / DEVICES).write_text('["GPU-a", "GPU-b"]')
    (raw / VALUES).write_bytes(b"".join(VALUE.pack(*row) for row in rows))
    return raw


def told(rows):
    return [(row["name"], bytes(row["ts"]).decode(), row["gpu_trace"]) for row in rows]


def test_rows_have_the_number_by_which_the_process_knows_the_gpu(tmp_path):
    raw = written(tmp_path, (1400, 5_000, 1, SM), (4, 5_001, 1, WHY), (1500, 5_002, 0, SM))
    rows = list(chrome_rows(raw, 77, [{"id": 0, "uuid": "GPU-b"}], [(0, 10_000)], 1_000))
    assert rows[0] | {"ts": None} == {
        "ph": "C",
        "cat": "recorded_counter",
        "name": "SM clock",
        "pid": 77,
        "tid": 0,
        "ts": None,
        "args": {"MHz": 1400},
        "gpu_trace": {"unit": "MHz", "value": 1400, "device": 0},
    }
    assert told(rows) == [
        ("SM clock", "4.000", {"unit": "MHz", "value": 1400, "device": 0}),
        ("throttle reasons", "4.001", {"unit": "", "value": 4, "device": 0}),
    ]


@pytest.mark.parametrize("devices", [[], [{"id": 0}], [{"uuid": "GPU-b"}], [{"id": 0, "uuid": "GPU-c"}]])
def test_a_gpu_that_the_process_does_not_name_has_none(tmp_path, devices):
    raw = written(tmp_path, (1400, 5_000, 1, SM))
    assert list(chrome_rows(raw, 77, devices, [], 0)) == []


def test_values_of_the_recorded_time_are_kept_and_the_latest_before(tmp_path):
    raw = written(
        tmp_path, (1, 10, 0, SM), (2, 20, 0, SM), (7, 30, 0, WATT), (3, 60, 0, SM), (4, 80, 0, SM), (5, 101, 0, SM)
    )
    rows = told(chrome_rows(raw, 77, [{"id": 3, "uuid": "GPU-a"}], [(50, 70), (90, 100)], 0))
    assert [(name, at, row["value"]) for name, at, row in rows] == [
        ("SM clock", "0.050", 2),
        ("SM clock", "0.060", 3),
        ("SM clock", "0.080", 4),
        ("power", "0.050", 7),
    ]


def test_a_value_of_the_very_start_needs_none_before(tmp_path):
    raw = written(tmp_path, (1, 49, 0, SM), (2, 50, 0, SM))
    rows = told(chrome_rows(raw, 77, [{"id": 3, "uuid": "GPU-a"}], [(50, 70)], 0))
    assert [(at, row["value"]) for _, at, row in rows] == [("0.050", 2)]


def test_a_file_that_is_cut_off_or_missing_costs_no_other_value(tmp_path):
    assert list(chrome_rows(tmp_path, 77, [{"id": 0, "uuid": "GPU-a"}], [], 0)) == []
    raw = written(tmp_path, (1, 10, 0, SM))
    with (raw / VALUES).open("ab") as file:
        file.write(b"\0" * 7)
    assert len(list(chrome_rows(raw, 77, [{"id": 0, "uuid": "GPU-a"}], [], 0))) == 1


def test_the_rows_are_read_as_counters_of_the_gpu(tmp_path):
    from gpu_trace_analyzers.readers import load

    raw = written(tmp_path, (1400, 1_000, 0, SM), (1500, 2_000, 0, SM), (4, 1_500, 0, WHY))
    kernel = {"ph": "X", "cat": "kernel", "name": "k", "pid": 3, "tid": 7, "ts": 1, "dur": 4, "args": {"device": 3}}
    clocks = [
        {**row, "ts": float(bytes(row["ts"]))}
        for row in chrome_rows(raw, 77, [{"id": 3, "uuid": "GPU-a"}], [(0, 5_000)], 0)
    ]
    (tmp_path / "t.json").write_text(json.dumps({"deviceProperties": [], "traceEvents": [kernel, *clocks]}))
    trace = load(tmp_path / "t.json")
    counters = trace.counters
    told = zip(counters.name.tolist(), counters.start_ns.tolist(), counters.value.tolist(), strict=True)
    assert [(trace.text(name), start, value) for name, start, value in told] == [
        ("SM clock", 1_000, 1400),
        ("throttle reasons", 1_500, 4),
        ("SM clock", 2_000, 1500),
    ]
    assert set(counters.device.tolist()) == {0}
