"""Many records at once are the bytes that each of them has alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.exporting.perfetto.bulk import constant, decimal, fixed64, join, message, number, where
from gpu_trace.exporting.perfetto.wire import BYTES, FIXED64, VARINT, fields, key, varint

NUMBERS = st.lists(st.sampled_from([0, 1, 9, 10, 127, 128, 99_999, 2**32 - 1, 2**32, 2**63 - 1]), min_size=1)


def of(values):
    return np.array(values, dtype=np.int64)


def read(data):
    """A varint, and how many bytes it took."""
    width = next(place for place, byte in enumerate(data, 1) if not byte & 0x80)
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(data[:width])), width


@given(NUMBERS)
def test_a_number_is_the_varint_of_its_protobuf_but_for_its_width(values):
    data = join(len(values), number(1, of(values)))
    found = []
    while data:
        assert data[:1] == key(1, VARINT)
        value, width = read(data[1:])
        assert width == len(varint(max(values)))
        found.append(value)
        data = data[1 + width :]
    assert found == values


@given(NUMBERS)
def test_a_decimal_is_the_text_of_the_number(values):
    data = join(len(values), decimal(3, of(values)))
    assert data == b"".join(key(3, BYTES) + varint(len(str(value))) + str(value).encode() for value in values)


def test_eight_bytes_are_those_of_the_value():
    values = np.array([1.5, -2.0])
    assert join(2, fixed64(2, values)) == b"".join(key(2, FIXED64) + value.tobytes() for value in values)


def test_what_is_absent_takes_no_bytes():
    present = np.array([True, False, True])
    content = where(present, number(1, of([3, 4, 5])))
    packets = [fields((2, fields((1, 3)))), fields((2, b"")), fields((2, fields((1, 5))))]
    assert join(3, message(2, content)) == b"".join(packets)


OPTIONAL = st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 127), st.integers(0, 10**6)), min_size=1)


@given(OPTIONAL)
def test_rows_lack_parts_of_parts(rows):
    """A text of some length in a message that not all rows have, between a number that not all have and one of all."""
    has_number, has_text, small, texts = map(np.array, zip(*rows, strict=True))
    parts = [
        *where(has_number, number(1, small)),
        *where(has_text, message(2, [constant(b"\x7a\x00"), *decimal(3, texts)])),
        *number(4, small),
    ]
    width = len(varint(int(small.max())))
    assert width == 1
    expected = [
        fields(*[(1, number)] * one, *[(2, b"\x7a\x00" + fields((3, str(text))))] * other, (4, number))
        for one, other, number, text in rows
    ]
    assert join(len(rows), parts) == b"".join(expected)
