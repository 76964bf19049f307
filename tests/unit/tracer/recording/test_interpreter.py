from __future__ import annotations

import subprocess
import sys

import pytest

from gpu_trace.recording import interpreter


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        ([], []),
        (["script.py", "-u"], []),
        (["-", "-u"], []),
        (["-m", "gpu_trace", "-O"], []),
        (["-u", "-m", "gpu_trace"], ["-u"]),
        (["-um", "gpu_trace", "run"], ["-u"]),
        (["-X", "dev", "-Xutf8", "-Wignore", "-W", "error", "bin/gpu-trace", "-E"],
         ["-X", "dev", "-Xutf8", "-Wignore", "-W", "error"]),
        (["-uX", "dev", "script.py"], ["-uX", "dev"]),
        (["--check-hash-based-pycs", "always", "-c", "code"], ["--check-hash-based-pycs", "always"]),
    ],
)  # fmt: skip
def test_flags_are_what_stands_before_the_program(arguments, flags):
    assert interpreter.flags(arguments) == flags


def test_flags_agree_with_the_interpreters_own_reading():
    given = ["-uOI", "-X", "dev", "-Wignore"]
    code = "import sys; print(sys.flags, sys.warnoptions, sys._xoptions)"
    kept = interpreter.flags([*given, "-c", code])
    shown = [subprocess.run([sys.executable, *f, "-c", code], capture_output=True, check=True) for f in (given, kept)]
    assert shown[0].stdout == shown[1].stdout


@pytest.mark.parametrize(
    ("native", "heeding"),
    [
        (["-I"], ["-Ps"]),
        (["-E"], []),
        (["-uEO"], ["-uO"]),
        (["-uIX", "Idev"], ["-uPsX", "Idev"]),
        (["-WI", "-XE"], ["-WI", "-XE"]),
    ],
)
def test_isolation_is_taken_off(native, heeding):
    assert list(interpreter._without_isolation(native)) == heeding
