"""Ids of any form as integers of 64 bits."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers.base.columns import as_id


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        ("stream 5", 5),
        ((1 << 64) + 5, 5),
        ((1 << 63) + 5, 5 - (1 << 63)),
        ("0" * 39 + "12", 1),  # of a text the first forty digits count
        ("", MISSING),
        (None, MISSING),
        (1.5, MISSING),
    ],
)
def test_one_id(value, expected):
    assert as_id(value) == expected
