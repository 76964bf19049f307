"""Copies that an operator of a CPU makes on its way, against a look at each copy's neighbors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import ALL_COPIES, MISSING, Engine
from gpu_trace_analyzers.questions.causes import causes
from gpu_trace_analyzers.questions.idle import idle_causes
from gpu_trace_analyzers.questions.inside_operators import inside_operator
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.questions.stretches import Stretches
from literal import literal

ADDMM = "s1 k 0-10 name=aten::addmm; s1 d2d 10-14 name=copy_; s1 k 14-30 name=aten::addmm"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (ADDMM, "inside_operator"),
        ("s1 k 0-10 name=aten::addmm; s1 d2d 10-12; s1 d2d 12-14; s1 k 14-30 name=aten::addmm", "inside_operator"),
        ("s1 k 0-10 name=aten::mm; s1 d2d 10-14; s1 k 14-30 name=aten::addmm", "same_stream"),
        ("s1 k 0-10 name=aten::mm; s1 d2d 11-14; s1 k 14-30 name=aten::mm", "same_stream"),
        ("s1 k 0-10 name=aten::mm; s2 d2d 10-14; s1 k 14-30 name=aten::mm", "unknown"),
        ("s1 k 0-10 name=dot; s1 d2d 10-14; s1 k 14-30 name=dot", "same_stream"),
        ("s1 d2d 10-14", "no_compute_left"),
        (f"{ADDMM}; s1 k 10-10 name=other", "inside_operator"),
        (f"{ADDMM}; gpu1 s1 k 10-12 name=other", "inside_operator"),
        ("s1 k 0-10 name=aten::copy_; s1 d2d 10-14 name=aten::copy_", "same_stream"),
    ],
    ids=[
        "inside",
        "in two parts",
        "between two",
        "beside",
        "another thread",
        "MXNet",
        "alone",
        "nothing between",
        "another device",
        "at the end",
    ],
)
def test_a_copy_that_is_part_of_an_operator_gets_no_advice_about_threads(text, cause):
    rows = causes(Scope(literal(text, "cpu")))
    assert {row.cause for row in rows} == {cause}
    assert bool(rows[0].remedy) == (cause in ("same_stream", "no_compute_left"))


_rows = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from("ab"), st.booleans(), st.integers(1, 2)), min_size=1, max_size=9
)


def inside(rows, i):
    """Whether copies that touch lie between two parts of one operator: (stream, start, end, name, is a copy) each."""
    ends = []
    for step in (-1, 1):
        j = i
        while rows[j][4]:
            near, far = (rows[j][1], 2) if step < 0 else (rows[j][2], 1)
            touching = [k for k, row in enumerate(rows) if row[0] == rows[j][0] and row[far] == near and k != j]
            if not touching:
                return False
            j = touching[0]
        ends.append(rows[j][3])
    return ends[0] == ends[1]


@given(_rows)
def test_every_copy(drawn):
    at, text, rows = {1: 0, 2: 0}, [], []
    for gap, name, copies, stream in drawn:
        start = at[stream] + gap // 3
        at[stream] = start + 2
        rows.append((stream, start, start + 2, name, copies))
    rows.sort(key=lambda row: (row[1], row[2]))
    text = [f"s{s} {'d2d' if copies else 'k'} {a}-{b} name=aten::{name}" for s, a, b, name, copies in rows]
    trace = literal(";".join(text), "cpu")
    copies = np.flatnonzero(np.isin(trace.work.engine, [int(engine) for engine in ALL_COPIES]))
    times = (trace.work.start_ns[copies], trace.work.end_ns[copies])
    nothing = np.full(len(copies), MISSING)
    found = inside_operator(Stretches(trace, 0, *times, copies, nothing, nothing))
    as_drawn = [
        (int(s), int(a), int(b), trace.text(n), e != Engine.COMPUTE)
        for s, a, b, n, e in zip(
            trace.work.stream, trace.work.start_ns, trace.work.end_ns, trace.work.name, trace.work.engine, strict=True
        )
    ]
    assert (found != MISSING).tolist() == [inside(as_drawn, i) for i in copies.tolist()]


@pytest.mark.parametrize(
    ("form", "dropped", "remedy"),
    [
        (
            "kineto",
            {},
            "look at the Python code between the operators (gpu-trace run --level full records its functions)",
        ),
        (
            "kineto",
            {"Python functions": 3},
            "look at the Python code between the operators (gpu-trace open shows its functions)",
        ),
        ("mxnet", {}, "look at the Python code between the operators"),
    ],
)
def test_functions_that_were_recorded_are_not_to_be_recorded(form, dropped, remedy):
    trace = literal("s1 k 0-10; s1 k 30-40", "cpu")
    source = replace(trace.source, format=form, dropped=dropped)
    assert [row.remedy for row in idle_causes(Scope(replace(trace, source=source)))] == [remedy]
