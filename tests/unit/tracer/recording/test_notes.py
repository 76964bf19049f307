from __future__ import annotations

from gpu_trace.boot.contract import RECORDED_FROM, STARTS
from gpu_trace.recording.notes import Notes


def test_numbers_that_are_cut_off_or_too_long_to_be_true_are_left_out():
    starts = "".join(f"starts\t{text}\n" for text in ("5", "", "-", "7 8", "9" * 5000, "-12", "x"))
    assert Notes(starts).all(STARTS) == [5, -12]
    assert Notes("recorded_from\t0 100\nrecorded_from\t1\n").all(RECORDED_FROM) == [(0, 100)]
