"""The thread that watches the bounds: one, whatever starts and ends, and no trouble of it is the script's."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gpu_trace.boot import bounds, captures
from gpu_trace.boot.bounds import Bounds


class Settings:
    raw, level, dependencies, events, duration_s, after_s, steps, step_range, range_name, injection = (
        "/",
        "gpu",
        False,
        10**9,
        0.0,
        0.0,
        None,
        "",
        "",
        "",
    )


class Recorder:
    belongs_here, is_recording, knows_its_events = True, False, False

    def __init__(self):
        self.is_wanted, self.finished, self.events, self.flushed = False, 0, 0, 0

    def start(self):
        self.is_wanted = True

    def pause(self):
        self.is_wanted = False

    def finish_early(self):
        self.is_wanted, self.finished = False, self.finished + 1

    def flush(self):
        self.flushed += 1


class Notes(list):
    def write(self, key, *values):
        self.append((key.name, *values))

    def failed(self, what, error):
        self.append((what, type(error).__name__))


class Threads:
    def counted(self, action):
        return action()


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr(bounds, "_LOOK_EVERY_S", 0.02)
    yield Bounds(Settings(), (ours := Recorder()), notes := Notes(), Threads()), ours, notes
    ours.is_wanted = False
    time.sleep(0.1)


def test_many_windows_need_one_thread(watched):
    started, ours, _ = watched
    tasks = _tasks()
    for _ in range(50):
        started._start()
        ours.pause()
    started._start()
    assert _tasks() <= tasks + 1


def test_a_thread_that_cannot_start_is_noted(watched, monkeypatch):
    started, ours, notes = watched
    monkeypatch.setattr(started, "_repeat", lambda *_: (_ for _ in ()).throw(RuntimeError("no more")))
    started._start()
    assert ours.is_wanted
    assert ("the limits of the recording do not apply", "RuntimeError") in notes


def test_nothing_is_ended_while_a_graph_is_captured(watched, monkeypatch):
    started, ours, _ = watched
    monkeypatch.setattr(Settings, "duration_s", 0.05)
    monkeypatch.setattr(captures, "_under_way", [1])
    started._start()
    time.sleep(0.3)
    assert (ours.finished, ours.flushed) == (0, 0)
    captures._under_way[0] = 0
    _wait_until(lambda: ours.finished)


def test_a_recording_that_knows_its_events_ends_with_its_budget(watched):
    started, ours, notes = watched
    ours.knows_its_events, ours.events = True, Settings.events - 1
    started._start()
    _wait_until(lambda: ours.flushed > 1)
    assert ours.finished == 0
    ours.events += 1
    _wait_until(lambda: ours.finished)
    assert notes == [("bounded", "the budget of 1,000,000,000 events")]


def test_a_process_that_outlives_the_run_is_recorded_no_longer(watched, monkeypatch, tmp_path):
    started, ours, _ = watched
    (raw := tmp_path / ".raw").mkdir()
    monkeypatch.setattr(Settings, "raw", str(raw))
    started._start()
    time.sleep(0.1)
    assert ours.finished == 0
    raw.rmdir()
    _wait_until(lambda: ours.finished)


def test_captures_are_counted_whether_they_work_or_not():
    class Graph:
        def capture_begin(self, fail=False):
            if fail:
                raise RuntimeError

        def capture_end(self):
            raise RuntimeError

    captures.watch(Graph)
    graph = Graph()
    with pytest.raises(RuntimeError):
        graph.capture_begin(fail=True)
    assert not captures.under_way()
    graph.capture_begin()
    assert captures.under_way()
    with pytest.raises(RuntimeError):
        graph.capture_end()
    assert not captures.under_way()


def _wait_until(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _tasks() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
