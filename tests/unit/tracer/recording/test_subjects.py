"""Which processes does a recording say that it is of?"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gpu_trace.recording.subjects import subjects

SCRIPT, STARTED = (None, True), (None, False)


@pytest.mark.parametrize(
    ("recorded", "said"),
    [
        ([], ""),
        ([SCRIPT], ""),
        ([(1, True)], ""),  # a launcher started it as one of its ranks
        ([STARTED], "1 process that it started was"),
        ([SCRIPT, STARTED], "It and 1 process that it started were"),
        ([SCRIPT, STARTED, STARTED], "It and 2 processes that it started were"),
        ([(0, False), (1, False)], "2 ranks were"),
        ([(0, False)], "1 rank was"),
        ([SCRIPT, (0, False), (1, False), STARTED], "2 ranks, the script and 1 other process were"),
        ([(0, True), STARTED, STARTED], "1 rank and 2 other processes were"),
    ],
)
def test_what_is_counted(recorded, said):
    processes = [SimpleNamespace(rank=rank, is_first=first, did_anything=True) for rank, first in recorded]
    assert subjects(processes) == said


def test_a_launcher_is_not_counted():
    launcher = SimpleNamespace(rank=None, is_first=True, did_anything=False)
    worker = SimpleNamespace(rank=None, is_first=False, did_anything=True)
    assert subjects([launcher, worker]) == "1 process that it started was"
    assert subjects([launcher]) == ""
