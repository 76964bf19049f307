from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.steady.periods import LEAST_TIMES, _repeating


def repeating(text):
    return _repeating(np.array([ord(letter) for letter in text], dtype=np.int64))


@pytest.mark.parametrize(
    ("launches", "expected"),
    [
        ("abc" * 6, (0, 3, 6)),
        ("xy" + "aab" * 8, (2, 3, 8)),
        ("aab" * 8 + "xy", (0, 3, 8)),
        ("abcabcabcabcab", None),  # four times and a half
        ("a" * 100, None),  # one operation: nothing says where a step begins
        ("abc" * 3 + "x" + "abc" * 3, None),  # interrupted
        ("ab" * 6 + "uvwxyz", None),  # too small a part of all
        ("laaaaaaaz" * 5, (0, 9, 5)),  # layers in a step
        ("", None),
        ("a", None),
    ],
)
def test_a_sequence_repeats_certainly_or_not_at_all(launches, expected):
    assert repeating(launches) == expected


@given(st.text("abcd", min_size=2, max_size=6), st.integers(LEAST_TIMES, 9), st.text("xyz", max_size=3))
def test_what_repeats_is_found(sequence, times, before):
    found = repeating(before + sequence * times)
    if len(set(sequence)) < 2:
        assert found is None
    elif 10 * len(sequence) * times >= 9 * len(before + sequence * times):
        begin, period, repeated = found
        text = before + sequence * times
        assert text[begin : begin + period * repeated] == text[begin : begin + period] * repeated
        assert len(sequence) % period == 0
        assert repeated >= LEAST_TIMES
