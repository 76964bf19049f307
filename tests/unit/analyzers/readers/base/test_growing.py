"""A table that grows holds what was added to it, in order where that is asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING, HostOperators
from gpu_trace_analyzers.readers.base.growing import GrowingTable, put_in_order

blocks = st.lists(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 4)), max_size=6), max_size=6)


@given(blocks)
def test_rows_come_out_as_they_went_in_and_then_in_order(blocks):
    growing = GrowingTable(HostOperators)
    for block in blocks:
        starts, ends = [start for start, _ in block], [start + length for start, length in block]
        growing.extend(HostOperators.of({"start_ns": starts, "end_ns": ends, "name": np.arange(len(block))}))
    rows, added = growing.rows(), [row for block in blocks for row in block]
    assert list(zip(rows.start_ns.tolist(), (rows.end_ns - rows.start_ns).tolist(), strict=True)) == added
    assert rows.name.tolist() == [number for block in blocks for number in range(len(block))]
    assert (rows.process == MISSING).all()
    assert {name: getattr(rows, name).dtype for name in rows.columns()} == dict(rows.columns())
    put_in_order(rows)
    ordered = sorted(enumerate(added), key=lambda row: (row[1][0], -row[1][1]))
    assert rows.start_ns.tolist() == [start for _, (start, _) in ordered]
    names = [number for block in blocks for number in range(len(block))]
    assert rows.name.tolist() == [names[place] for place, _ in ordered]
