"""Launches of kernels are told apart by numbers made of their bytes, also where two have one number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.cupti_recording import columns
from gpu_trace.cupti_recording.columns import _distinct_launches

LAUNCHES = st.lists(st.sampled_from([bytes([a] * 8 + [b] * 24) for a in range(3) for b in range(3)]), min_size=1)


def apart(launches):
    distinct, which = _distinct_launches(np.array([np.frombuffer(each, "V32")[0] for each in launches]))
    return [distinct[place] for place in which.tolist()], len(distinct)


@given(LAUNCHES)
def test_each_launch_is_known_by_one_of_the_distinct_ones(launches):
    assert apart(launches) == (launches, len(set(launches)))


@pytest.fixture
def of_one_number(monkeypatch):
    monkeypatch.setattr(columns, "_ODD", np.zeros(4, dtype=np.uint64))


@pytest.mark.usefixtures("of_one_number")
def test_launches_of_one_number_are_told_apart():
    launches = [b"a" * 32, b"b" * 32, b"a" * 32]
    assert apart(launches) == (launches, 2)
