"""Bytes and rates of copies by direction and size, against a count of every row."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import ALL_COPIES, DeviceWork, Engine
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.questions.work.transfers import BOUNDS, transfers
from literal import literal
from strategies import traces, windows

SIZES = st.sampled_from([-1, 0, 1, *(bound + by for bound in BOUNDS for by in (-1, 0, 1))])


def sized(trace, sizes):
    columns = {name: getattr(trace.work, name) for name in trace.work.columns()}
    columns["size"] = np.resize(np.array(sizes, dtype=np.int64), len(trace.work))
    return replace(trace, work=DeviceWork(**columns))


def by_hand(trace, window):
    edges = [0, *BOUNDS, None]
    classes = [(None, None), *pairwise(edges)]
    work, found = trace.work, {}
    for device in (0, 1):
        for engine in ALL_COPIES:
            for least, below in classes:
                rows = [
                    i
                    for i in range(len(work))
                    if (work.device[i], work.engine[i]) == (device, engine)
                    and (window is None or (work.start_ns[i] < window.end_ns and work.end_ns[i] > window.start_ns))
                    and (work.size[i] < 0 if least is None else work.size[i] >= least)
                    and (least is None or below is None or work.size[i] < below)
                ]
                if rows:
                    busy = set().union(*(range(work.start_ns[i], work.end_ns[i]) for i in rows))
                    size = None if least is None else sum(int(work.size[i]) for i in rows)
                    found[(device, engine, least, below)] = (len(rows), size, len(busy))
    return found


@given(traces(), st.lists(SIZES, min_size=1, max_size=12), st.none() | windows.map(lambda pair: Window(*pair)))
def test_every_copy_is_in_the_class_of_its_size(trace, sizes, window):
    trace = sized(trace, sizes)
    found = transfers(Scope(trace, window=window))
    figures = {(r.device, r.engine, r.at_least, r.below): (r.count, r.size, r.busy_ns) for r in found}
    assert figures == by_hand(trace, window)
    assert len(figures) == len(found)


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_bound_belongs_to_the_class_above(bound):
    below, above = transfers(Scope(literal(f"h2d 0-10 size={bound - 1}; h2d 10-20 size={bound}")))
    assert (below.below, above.at_least) == (bound, bound)


def test_rates_are_exact_and_copies_at_once_take_their_time_once():
    (row,) = transfers(Scope(literal("h2d 0-10 size=100; s8 h2d 5-20 size=200")))
    assert (row.size, row.busy_ns, row.gb_per_s) == (300, 20, 15.0)


def test_copies_without_a_size_have_neither_bytes_nor_a_rate():
    known, unknown = transfers(Scope(literal("d2h 0-10 size=8; d2h 10-20")))
    assert (known.engine, known.size, known.gb_per_s) == (Engine.COPY_D2H, 8, 0.8)
    assert (unknown.at_least, unknown.below, unknown.size, unknown.gb_per_s) == (None, None, None, None)
