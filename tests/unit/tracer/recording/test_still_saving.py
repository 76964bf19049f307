"""Processes that are saving when the script has ended are waited for, and no others."""

from __future__ import annotations

import os
import subprocess
import threading
import time

import pytest

from gpu_trace.recording import still_saving
from gpu_trace.recording.notes import Notes

STOPPING = "starts\t1\nstopping\t5\nthread\t1 2 3 x\nrecorded_to\t0 6\n"
SAVED = "stopped\t5 6 7\n"


@pytest.mark.parametrize(
    ("noted", "is_saving"),
    [
        ("starts\t1\n", False),
        (STOPPING, True),
        (STOPPING + SAVED, False),
        (STOPPING + SAVED + STOPPING, True),
        (STOPPING + "failed\ttorch's profiler did not save its trace (OSError: x)\n", False),
        (STOPPING + "failed\tanother thing\n", True),
    ],
)
def test_a_process_saves_from_when_it_stops_until_it_notes_how_that_ended(noted, is_saving):
    assert Notes(noted).is_saving == is_saving


def test_one_that_saves_is_waited_for_and_told_of(tmp_path, monkeypatch):
    monkeypatch.setattr(still_saving, "_TELL_AFTER_S", 0.1)
    (file := tmp_path / f"notes-{os.getpid()}").write_text(STOPPING)
    saved_at, told = [], []

    def save() -> None:
        saved_at.append(time.monotonic())
        file.write_text(STOPPING + SAVED)

    threading.Timer(0.5, save).start()
    still_saving.wait(tmp_path, lambda: told.append(True))
    assert time.monotonic() > saved_at[0]
    assert told == [True]


@pytest.mark.parametrize("pid", ["ended", "zombie", "one that runs on"])
def test_others_are_not_waited_for(pid, tmp_path):
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    if pid == "ended":
        child.wait()
    noted = {os.getpid(): "starts\t1\n"} if pid == "one that runs on" else {child.pid: STOPPING}
    for number, text in noted.items():
        (tmp_path / f"notes-{number}").write_text(text)
    began = time.monotonic()
    still_saving.wait(tmp_path, lambda: None)
    assert time.monotonic() - began < 5
    child.wait()


def test_after_a_while_nothing_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(still_saving, "_PATIENCE_S", 0.1)
    (tmp_path / f"notes-{os.getpid()}").write_text(STOPPING)
    still_saving.wait(tmp_path, lambda: None)
