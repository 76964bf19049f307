"""Numbers and times become the text that formatting each of them gives."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.cupti_recording.text_columns import lines, microseconds, numbers

SMALL, LARGE = st.integers(0, 999), st.integers(1000, 2**63 - 1)
VALUES = st.one_of(*(st.lists(kind, min_size=1) for kind in (SMALL, LARGE, st.integers(-(2**63), 2**63 - 1))))
TIMES_NS = st.one_of(*(st.lists(st.integers(least, 2**62), min_size=1) for least in (0, 10**6, -(2**62))))


def rows(columns, values):
    return lines(columns, len(values)).split(",\n")


@given(VALUES)
def test_numbers(values):
    assert rows(numbers(np.array(values, np.int64)), values) == list(map(str, values))


@given(TIMES_NS)
def test_microseconds(times_ns):
    texts = [f"{'-' * (ns < 0)}{abs(ns) // 1000}.{abs(ns) % 1000:03d}" for ns in times_ns]
    assert rows(microseconds(np.array(times_ns, np.int64)), times_ns) == texts


def test_a_text_alone_is_in_every_row():
    assert lines(["<", ["a", "b"], ">"], 2) == "<a>,\n<b>"
