"""Does the machine have a GPU that the script may see?"""

from __future__ import annotations

from pathlib import Path

import pytest

from gpu_trace.recording import launch


@pytest.mark.parametrize(
    ("visible", "expected"), [(None, True), ("0", True), ("GPU-1", True), ("", False), (" ", False), ("-1", False)]
)
def test_a_hidden_gpu_is_none(visible, expected, monkeypatch):
    monkeypatch.setattr(Path, "glob", lambda _, pattern: iter([pattern] if "nvidia" in pattern else []))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert launch.machine_has_gpu() is expected
