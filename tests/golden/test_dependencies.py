"""The dependencies in recordings of two pairs of scripts, which do the same work in another order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gpu_trace import load
from gpu_trace_analyzers.dependencies.edges import Because
from gpu_trace_analyzers.dependencies.execution_trace import read_execution_trace
from gpu_trace_analyzers.dependencies.find import dependencies
from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.questions.launches import launches

PAIRS = Path(__file__).parents[2] / "samples/traces/whatif"
KINDS = {
    "seed_nonblocking": {Because.READS: 50},
    "seed_two_streams": {Because.READS: 50},
    "train_same": {Because.READS: 1367, Because.SAME_OPERATOR: 128, Because.OVERWRITES_READ: 128},
    "train_prefetched": {Because.READS: 1367, Because.SAME_OPERATOR: 128, Because.OVERWRITES_READ: 128},
}


@pytest.fixture(scope="module")
def found():
    return {name: _found(name) for name in KINDS}


def _found(name):
    trace = load(PAIRS / f"{name}.json.gz", operators=True)
    measured = trace.ranges[trace.ranges.name == trace.strings.index("measured")][:1]
    at_ns = launches(trace).at_ns
    rows = np.flatnonzero((at_ns >= measured.start_ns) & (at_ns < measured.end_ns))
    rows = rows[np.argsort(at_ns[rows], kind="stable")]
    return trace, dependencies(trace, rows, read_execution_trace(PAIRS / f"{name}.et.json.gz"))


@pytest.mark.parametrize("name", KINDS)
def test_edges_of_each_kind(found, name):
    _, known = found[name]
    assert Counter(known.edges.because.tolist()) == KINDS[name]
    assert known.known.all()
    assert not known.host_reads.any()
    assert (known.edges.before < known.edges.after).all()


@pytest.mark.parametrize("name", ["seed_nonblocking", "seed_two_streams"])
def test_each_copy_needs_its_product_alone(found, name):
    trace, known = found[name]
    engine = trace.work.engine[known.rows]
    products, copies = (np.flatnonzero(engine == one).tolist() for one in (Engine.COMPUTE, Engine.COPY_D2H))
    edges = zip(known.edges.before.tolist(), known.edges.after.tolist(), strict=True)
    assert list(edges) == list(zip(products, copies, strict=True))
    assert len(products) == 50


def test_the_order_of_the_copies_changes_no_dependency(found):
    assert _by_operation(*found["train_same"]) == _by_operation(*found["train_prefetched"])


def _by_operation(trace, known):
    """Edges between the n-th operations of each name, which the two recordings have in common."""
    seen, operations = Counter(), []
    for code in trace.work.name[known.rows].tolist():
        name = trace.text(code)
        operations.append((name, seen[name]))
        seen[name] += 1
    edges = known.edges
    return {(operations[a], operations[b]) for a, b in zip(edges.before.tolist(), edges.after.tolist(), strict=True)}
