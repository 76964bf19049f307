"""A part that cannot be saved does not end the recording in silence: it goes on, and gives up with words."""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_trace.boot import recorder
from gpu_trace.boot.recorder import Recorder


class Notes(list):
    def write(self, key, *values):
        self.append((key.name, *values))

    def failed(self, what, error):
        self.append(("failed", what))


class Result:
    def __init__(self, full: bool) -> None:
        self.full = full

    def save(self, path: str) -> None:
        text = '{"ph": "X"}, {"ph": "X"}'
        Path(path).write_text(text[:14] if self.full else text, encoding="ascii")  # as Kineto: without an error


class Threads:
    def counted(self, action):
        return action()


@pytest.fixture
def recording(tmp_path, monkeypatch):
    """A recorder that has begun; whether the disk is full as each of its sessions ends; and its notes."""
    full, notes = [], Notes()

    class Session:
        ended_ns = 1

        def __init__(self, *_: object, **__: object) -> None:
            pass

        def stop(self) -> Result:
            return Result(full.pop(0))

    class Settings:
        raw, level, has_gpu, activities = str(tmp_path), "ops", False, ""

    monkeypatch.setattr(recorder, "Session", Session)
    monkeypatch.setattr(recorder.devices, "synchronized_within", lambda _: True)
    found = Recorder(Settings(), notes, Threads())
    found.use(object())
    found.start()
    return found, full, notes


def test_it_goes_on_after_a_part_that_could_not_be_saved(recording, tmp_path):
    found, full, notes = recording
    full += [True, False, True, False]
    assert [found.renew() for _ in full.copy()] == [0, 2, 0, 2]
    assert found.is_recording
    assert [fact[0] for fact in notes].count("failed") == 2
    assert len(list(tmp_path.glob("*.json"))) == 2


def test_it_ends_with_the_second_in_a_row_and_says_so(recording):
    found, full, notes = recording
    full += [True, True]
    assert (found.renew(), found.renew(), found.renew()) == (0, 0, 0)
    assert (found.is_recording, found.is_wanted) == (False, False)
    assert [fact for fact in notes if fact[0] == "bounded"] == [("bounded", "the failure to save 2 parts in a row")]


def test_nothing_is_renewed_while_nothing_is_recorded(recording):
    found, full, notes = recording
    full.append(False)
    found.pause()
    before = list(notes)
    assert found.renew() == 0
    assert (notes, found.is_recording) == (before, False)
