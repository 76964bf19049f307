from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.readers.base.stamps import LIMIT_NS, NO_TIME, nanoseconds, nanoseconds_of

decimals = st.tuples(st.integers(0, 2 * 10**15), st.integers(0, 6), st.integers(0, 999_999)).map(
    lambda t: f"{t[0]}.{t[2]:06}"[: len(str(t[0])) + 1 + t[1]].rstrip(".")
)
oddities = st.sampled_from(
    [
        *(
            "",
            "-",
            "NaN",
            "null",
            '"12.5"',
            "1e3",
            "-3.25",
            "1.5E-2",
            "x",
            "1.2.3",
            "Infinity",
            "1" * 30,
            "1e999999999",
        ),
        *("0.0005", "0.00049", "9007199254740993.001", " 5.000", "٣", "1e-999999999", "12.", ".5", "true", "[]"),
    ]
)


def exact(text: str) -> int | None:
    """The definition, for what is plainly a number."""
    return int((Decimal(text) * 1000 + Decimal("0.5")).to_integral_value(ROUND_FLOOR))


@given(decimals)
def test_a_decimal_becomes_the_nearest_nanosecond(text):
    assert nanoseconds(text) == exact(text)


@given(st.lists(st.one_of(decimals, decimals, oddities), max_size=40))
def test_many_at_once_are_each_alone(texts):
    alone = [nanoseconds(text) for text in texts]
    found = nanoseconds_of(b"".join(text.encode() + b"\0" for text in texts)).tolist()
    assert found == [NO_TIME if value is None else value for value in alone]


def test_epoch_stamps_keep_every_nanosecond():
    # As a double this stamp is off by 125 ns, and the two are one.
    assert nanoseconds_of(b"1712345678901234.567\x001712345678901234.568\0").tolist() == [
        1712345678901234567,
        1712345678901234568,
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("NaN", None), ("null", None), ("", None), ("1.2.3", None), ("Infinity", None), ("1e999999999", None)],
        *[('"12.5"', 12500), ("1e3", 10**6), ("-3.25", -3250), ("0.0005", 1), ("0.00049", 0), ("1e-999999999", 0)],
        (str(LIMIT_NS // 1000 + 1), None),
    ],
)
def test_odd_texts(text, expected):
    assert nanoseconds(text) == expected


def test_times_are_below_the_limit():
    assert nanoseconds("2305843009213693.951") == 2305843009213693951
    assert nanoseconds("2305843009213693.952") is None


def test_of_many_at_once_what_does_not_fit_and_what_is_empty_is_no_time():
    texts = [b"9999999999999999", b"9999999999999999.999", b"", b"1.5", b""]
    assert nanoseconds_of(b"\0".join(texts)).tolist() == [NO_TIME, NO_TIME, NO_TIME, 1500]
