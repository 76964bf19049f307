"""What recording cost: by the rows that were left, and by how long stopping and saving took."""

from __future__ import annotations

from gpu_trace.recording import cost
from gpu_trace.recording.notes import Notes


def test_stopping_and_saving_are_measured_and_add_up():
    found = cost.of([], Notes("stopped\t100 130 1000\nstopped\t2000 2005 2007\n"))
    assert (found.running_ns, found.stop_ns, found.save_ns) == (0, 35, 872)
    assert found.after_ns == 907
