from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.steady.periods import LEAST_TIMES, _repeating, periods
from literal import literal


def repeating(text):
    """A capital letter is the launch of a graph of three operations."""
    operations = np.array([3 if letter.isupper() else 1 for letter in text], dtype=np.int64)
    return _repeating(np.array([ord(letter) for letter in text], dtype=np.int64), operations)


@pytest.mark.parametrize(
    ("launches", "expected"),
    [
        ("abc" * 6, (0, 3, 6)),
        ("xy" + "aab" * 8, (2, 3, 8)),
        ("aab" * 8 + "xy", (0, 3, 8)),
        ("abcabcabcabcab", None),  # four times and a half
        ("a" * 100, None),  # one operation: nothing says where a step begins
        ("G" * 6, (0, 1, 6)),  # a replay is a step by itself
        ("xy" + "aGb" * 6, (2, 3, 6)),
        ("uvw" + "G" * 5, (3, 1, 5)),  # 15 of 18 operations, though 5 of 8 launches
        ("uvwxu" + "G" * 5, None),  # 15 of 20
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


def test_the_operations_of_one_replay_are_one_launch():
    nodes = "k {0}-{1} graph=3.1 launch={0} @{0}; k {1}-{2} graph=3.1 launch={0}; k {2}-{3} graph=3.1 launch={0}"
    trace = literal(";".join(nodes.format(*range(at, at + 4)) for at in range(0, 600, 100)))
    (found,) = periods(trace)
    assert found.row.tolist() == [0, 3, 6, 9, 12, 15]
    assert found.end_ns == 503
