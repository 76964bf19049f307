"""The places of CPython's members: those of this version are what its own headers say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from gpu_trace.stack_sampling import library

ROOT = Path(__file__).parents[4]
LAYOUTS = (Path(library.__file__).parent / "layouts.h").read_text()
HEADERS = Path(sysconfig.get_path("include"), "internal", "pycore_runtime.h")


def rows(text: str) -> dict[str, str]:
    """By version, as a preprocessor would spell it: the text of each row."""
    return {match[1]: match[0] for match in re.finditer(r" {4}\{\n +\.version = (\w+),\n[^}]*\},\n", text)}


@pytest.mark.skipif(not (shutil.which("cc") and HEADERS.exists()), reason="needs a C compiler and Python's headers")
def test_the_row_of_this_python_is_what_its_headers_say():
    made = subprocess.run([ROOT / "scripts/python-layouts", sys.executable], capture_output=True, text=True, check=True)
    version = f"0x{sys.hexversion >> 16:04X}"
    assert rows(made.stdout) == {version: rows(LAYOUTS)[version]}


def test_there_is_a_row_for_each_version_that_is_promised():
    assert list(rows(LAYOUTS)) == ["0x030A", "0x030B", "0x030C", "0x030D"]
