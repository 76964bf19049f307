"""Numbers that are packed for a page are those that the page unpacks."""

from __future__ import annotations

import base64
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.reports import packing
from gpu_trace_analyzers.reports.packing import packed

NUMBERS = st.lists(st.sampled_from([0, 1, 127, 128, 16_383, 16_384, 2**31 - 1]))
LARGE = st.lists(st.sampled_from([0, 127, 128, 2**35, 2**62, 2**63 - 1]))


def unpacked(text):
    numbers, number, place = [], 0, 0
    for byte in zlib.decompress(base64.b64decode(text)):
        number |= (byte & 0x7F) << place
        place += 7
        if byte < 0x80:
            assert byte or place == 7  # none is longer than it needs to be
            numbers.append(number)
            number, place = 0, 0
    return numbers


@given(NUMBERS, LARGE)
def test_columns_are_read_back_one_after_the_other(small, large):
    columns = (np.array(small, np.int32), np.array(large, np.int64))
    assert unpacked(packed(columns)) == [*small, *large]


def test_a_long_column_is_packed_in_parts(monkeypatch):
    monkeypatch.setattr(packing, "_BATCH", 3)
    assert unpacked(packed([np.arange(1000)])) == [*range(1000)]
