"""CUPTI is asked for CUDA events by a thread of gpu-trace while the script stands still, as for all else."""

from __future__ import annotations

import subprocess
import threading
import time
from itertools import pairwise

import pytest

from fake_cupti import COMPILER
from gpu_trace.boot import safepoint, stream_waits

CUPTI = """
#include <unistd.h>
int cuptiActivityEnable(int kind) { return kind == 36 ? usleep(200000) : -1; }
"""


@pytest.mark.skipif(COMPILER is None, reason="needs a C compiler")
def test_the_main_thread_stands_still_while_cupti_is_asked(tmp_path, monkeypatch):
    (tmp_path / "cupti.c").write_text(CUPTI, encoding="utf-8")
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", tmp_path / "cupti.so", tmp_path / "cupti.c"], check=True)
    monkeypatch.setattr(stream_waits, "loaded_cupti", lambda: str(tmp_path / "cupti.so"))
    asked = []
    ours = threading.Thread(target=lambda: asked.append(safepoint.ours(stream_waits.enable)))
    looks = [time.monotonic()]
    ours.start()
    while not asked:
        looks.append(time.monotonic())
    looks.append(time.monotonic())
    ours.join()
    assert asked == [True]
    assert max(later - look for look, later in pairwise(looks)) > 0.15
