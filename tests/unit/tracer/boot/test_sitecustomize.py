"""What Python imports before the script: where it cannot record, it says so on stderr or nothing at all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_trace import boot

FILE = Path(boot.__file__).with_name("entry") / "sitecustomize.py"
IMPORTED = """
import runpy, sys
sys.modules["sitecustomize"] = sys
{}
try: runpy.run_path({!r})
except ImportError: pass
"""
WITHOUT_SETTINGS = "gpu-trace: cannot record (KeyError: 'GPU_TRACE_RAW')\n"


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("", WITHOUT_SETTINGS),
        ("sys.version_info = (3, 9, 2)", ""),  # a script may start a program in the system's Python
        ("sys.stderr = None", ""),  # a daemon has none
    ],
)
def test_it_is_quiet_where_it_is_not_meant(before, said):
    python = [sys.executable, "-S", "-c", IMPORTED.format(before, str(FILE))]
    ended = subprocess.run(python, env={}, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("", said, 0)


def test_an_old_python_can_read_it():
    ast.parse(FILE.read_text(), feature_version=(3, 7))
