"""What is freed stays until it is given back, in a process of our own; that of a user is left as it is."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

CODE = """
import sys
from pathlib import Path
from gpu_trace.recording import freed

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6

freed.keep_freed() if "keep" in sys.argv else None
before = resident_mb()
pieces = [bytearray(b"x") * (4 << 20) for _ in range(16)]
pieces.clear()
kept = resident_mb() - before
freed.give_back_freed()
print(kept > 50, resident_mb() - before > 50)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries keep what they like")
@pytest.mark.parametrize(("asked", "kept"), [("keep", "True False"), ("nothing", "False False")])
def test_what_is_freed_is_kept_where_that_is_asked_for_until_it_is_asked_back(asked, kept):
    done = subprocess.run([sys.executable, "-c", CODE, asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == kept.split()
