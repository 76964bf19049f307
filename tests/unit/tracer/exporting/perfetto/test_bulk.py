"""Many records at once are the bytes that each of them has alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.exporting.perfetto import bulk
from gpu_trace.exporting.perfetto.bulk import Part, decimal, join, message, number, where
from gpu_trace.exporting.perfetto.wire import BYTES, fields, key, varint

NUMBERS = st.lists(st.sampled_from([0, 1, 9, 10, 127, 128, 99_999, 2**32 - 1, 2**32, 2**63 - 1]), min_size=1)


def of(values):
    return np.array(values, dtype=np.int64)


def alone(part, row):
    """What a row uses of a part."""
    size = part.size if isinstance(part.size, int) else part.size[row]
    return part.block[row if len(part.block) > 1 else 0, :size].tobytes()


@st.composite
def parts(draw):
    rows = draw(st.integers(1, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    most = draw(st.sampled_from([1, 2, 5]))
    found = []
    for width in draw(st.lists(st.integers(1, 5), min_size=1, max_size=5)):
        block = random.integers(0, 3, (draw(st.sampled_from([1, rows])), width), dtype=np.uint8)
        found.append(Part(block, width))
        if draw(st.booleans()):
            found[-1] = Part(block, random.integers(0, min(most, width) + 1, rows))
    return rows, [bulk.constant(b"\n"), *found]  # a record begins with something


@given(parts())
def test_rows_of_any_layouts_are_joined_in_order(drawn):
    rows, found = drawn
    assert join(rows, found) == b"".join(alone(part, row) for row in range(rows) for part in found)


@given(NUMBERS)
def test_a_number_is_the_varint_of_its_protobuf_but_for_its_width(values):
    (block,) = number(1, of(values))[1:]
    for row, value in enumerate(values):
        read = sum((int(byte) & 0x7F) << 7 * place for place, byte in enumerate(block.block[row]))
        assert read == value
        assert [int(byte) >> 7 for byte in block.block[row]] == [1] * (block.size - 1) + [0]


@given(NUMBERS)
def test_a_decimal_is_the_text_of_the_number(values):
    parts = decimal(3, of(values))
    written = [b"".join(alone(part, row) for part in parts) for row in range(len(values))]
    assert written == [key(3, BYTES) + varint(len(str(value))) + str(value).encode() for value in values]


def test_what_is_absent_takes_no_bytes():
    present = np.array([True, False, True])
    content = where(present, number(1, of([3, 4, 5])))
    packets = [fields((2, fields((1, 3)))), fields((2, b"")), fields((2, fields((1, 5))))]
    assert join(3, message(2, content)) == b"".join(packets)
