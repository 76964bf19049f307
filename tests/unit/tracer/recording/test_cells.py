"""Stacks of a notebook name its cells."""

from __future__ import annotations

import numpy as np

from gpu_trace.recording import cells
from gpu_trace.stack_sampling.records import CALL, ROW, Code, SampledProcess


def sampled(*files: str) -> SampledProcess:
    codes = {number: Code("f", file, 1, b"") for number, file in enumerate(files)}
    return SampledProcess(np.zeros(0, ROW), np.zeros(0, CALL), codes)


def files(found: SampledProcess) -> list[str]:
    return [code.file for code in found.codes.values()]


def test_files_of_cells_have_the_names_of_these(tmp_path):
    cells.note(tmp_path, {"/tmp/ipykernel_7/42.py": "In[3]"})
    assert files(cells.named(sampled("/tmp/ipykernel_7/42.py", "/a.py"), tmp_path)) == ["In[3]", "/a.py"]


def test_without_a_notebook_files_stay(tmp_path):
    cells.note(tmp_path, {})
    assert files(cells.named(sampled("/a.py"), tmp_path)) == ["/a.py"]
    (tmp_path / "cells").write_text('{"/a.py": "In')  # the disk was full
    assert files(cells.named(sampled("/a.py"), tmp_path)) == ["/a.py"]
