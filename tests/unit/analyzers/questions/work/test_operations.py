"""The operations of each name, against a count of every nanosecond of every row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import ALL_COPIES, DeviceWork, Engine, Trace
from gpu_trace_analyzers.questions.recorded import recorded
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.questions.work.operations import operations
from literal import literal
from strategies import traces, windows


def named(trace, names):
    """The same with names for its operations, as far as there are names."""
    columns = {name: getattr(trace.work, name) for name in trace.work.columns()}
    columns["name"] = np.resize(np.array(names or [0], dtype=np.int32), len(trace.work))
    return replace(trace, work=DeviceWork(**columns))


def instants(window, row):
    start, end = (row["start_ns"], row["end_ns"])
    return {ns for ns in range(start, end) if window is None or window.start_ns <= ns < window.end_ns}


def rows_of(trace: Trace, window):
    for i in range(len(trace.work)):
        row = {name: getattr(trace.work, name)[i].item() for name in trace.work.columns()}
        if window is None or (row["start_ns"] < window.end_ns and row["end_ns"] > window.start_ns):
            yield row


def by_hand(trace, window):
    """Each figure of each group, from the sets of nanoseconds of its rows."""
    rows = list(rows_of(trace, window))
    computing = {
        device: set().union(*(instants(None, r) for r in rows if r["engine"] == 0 and r["device"] == device))
        for device in (0, 1)
    }
    found = {}
    for key in {(row["device"], row["engine"], row["name"]) for row in rows}:
        own = [row for row in rows if (row["device"], row["engine"], row["name"]) == key]
        lengths = sorted(len(instants(window, row)) for row in own)
        busy = set().union(*(instants(window, row) for row in own))
        sized = [row for row in own if row["size"] >= 0]
        sized_ns = len(set().union(*(instants(None, row) for row in sized)))
        hides = key[1] in (*ALL_COPIES, Engine.COLLECTIVE)
        size = sum(row["size"] for row in sized) if sized else None
        found[(key[0], Engine(key[1]), trace.text(key[2]))] = (
            *(len(own), sum(lengths), sum(lengths) // len(own), lengths[(len(own) - 1) // 2], lengths[-1]),
            len(busy - computing[key[0]]) if hides else None,
            *(size, len(sized), sized_ns),
            size / sized_ns if sized and sized_ns and key[1] != Engine.COLLECTIVE else None,
        )
    return found


@given(traces(), st.lists(st.integers(0, 2), max_size=6), st.none() | windows.map(lambda pair: Window(*pair)))
def test_every_figure_is_that_of_the_nanoseconds_of_its_rows(trace, names, window):
    trace = named(trace, names)
    scope = Scope(trace, window=window)
    found = operations(scope)
    assert {
        (row.device, row.engine, row.name): (
            *(row.count, row.total_ns, row.mean_ns, row.median_ns, row.max_ns, row.exposed_ns),
            *(row.size, row.sized, row.sized_ns, row.gb_per_s),
        )
        for row in found
    } == by_hand(trace, window)
    assert [(row.device, -row.total_ns) for row in found] == sorted((row.device, -row.total_ns) for row in found)
    for row in found:
        assert row.window_ns == recorded(scope, row.device).total_ns
        assert row.share == (row.total_ns / row.window_ns if row.window_ns else None)


def test_kernels_whose_names_differ_in_an_argument_are_two_rows():
    found = operations(Scope(literal("k 0-10 name=f<1>; k 20-50 name=f<2>; k 60-70 name=f<1>")))
    assert [(row.name, row.count, row.total_ns) for row in found] == [("f<2>", 1, 30), ("f<1>", 2, 20)]


def test_one_name_on_two_engines_is_two_rows():
    found = operations(Scope(literal("k 0-10 name=x; nccl 10-15 name=x")))
    assert [(row.engine, row.total_ns) for row in found] == [(Engine.COMPUTE, 10), (Engine.COLLECTIVE, 5)]


def test_of_an_even_number_the_median_is_the_lower_of_the_middle_two():
    (row,) = operations(Scope(literal("k 0-1; k 10-12; k 20-27; k 30-39")))
    assert (row.median_ns, row.mean_ns, row.max_ns) == (2, 4, 9)


def test_bytes_that_are_not_recorded_are_not_nothing():
    (row,) = operations(Scope(literal("h2d 0-10; h2d 10-20")))
    assert (row.size, row.sized, row.gb_per_s) == (None, 0, None)
    (row,) = operations(Scope(literal("h2d 0-10 size=0")))
    assert (row.size, row.sized) == (0, 1)


def test_a_rate_is_of_the_copies_whose_bytes_are_recorded():
    (row,) = operations(Scope(literal("h2d 0-10 size=50; s8 h2d 5-15 size=100; h2d 20-90")))
    assert (row.size, row.sized, row.sized_ns, row.gb_per_s) == (150, 2, 15, 10.0)


def test_a_copy_that_crosses_the_edge_has_all_its_bytes_and_its_own_rate():
    (row,) = operations(Scope(literal("h2d 0-10 size=50"), window=Window(5, 20)))
    assert (row.total_ns, row.size, row.gb_per_s) == (5, 50, 5.0)
