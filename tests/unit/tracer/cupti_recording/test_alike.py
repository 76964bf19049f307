"""Rows are told apart by numbers made of their columns, also where two kinds of them have one number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.cupti_recording import alike as module
from gpu_trace.cupti_recording.alike import alike

LAUNCHES = [bytes([a] * 8 + [b] * 24) for a in range(3) for b in range(3)]
ROWS = st.lists(
    st.tuples(st.sampled_from([-1, 7, 2**40]), st.integers(0, 2), st.sampled_from(LAUNCHES)), min_size=1, max_size=60
)


def apart(rows):
    """Each row as the one that stands for its kind, and how many kinds there are."""
    pid, name, launch = zip(*rows, strict=True)
    packed = np.array([np.frombuffer(each, "V32")[0] for each in launch])
    kinds, place = alike([np.array(pid, np.int64), np.array(name, np.uint32), packed])
    return [rows[kinds[each]] for each in place.tolist()], len(kinds)


@given(ROWS)
def test_each_row_is_known_by_one_of_its_kind(rows):
    assert apart(rows) == (rows, len(set(rows)))


@pytest.fixture
def of_one_number(monkeypatch):
    monkeypatch.setattr(module, "_ODD", 0)


@pytest.mark.usefixtures("of_one_number")
def test_kinds_of_one_number_are_told_apart():
    rows = [(1, 1, b"a" * 32), (1, 2, b"a" * 32), (1, 1, b"b" * 32), (1, 1, b"a" * 32)]
    assert apart(rows) == (rows, 3)
