"""From where the contention of a schedule is known."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.whatif.expected import expected_plan
from gpu_trace_analyzers.whatif.sources import sources
from gpu_trace_analyzers.whatif.window import part
from known import model
from literal import literal, microseconds
from measured_gpus import on, use


@pytest.fixture(autouse=True)
def _table(monkeypatch):
    use(monkeypatch)


def told(text, *needs, name="Test GPU", planned=True):
    chosen = part(on(literal(microseconds("range measured 0-100000;" + text)), name), "measured")
    found = model(chosen, *needs)
    return sources(chosen, found.engine, found.times(expected_plan(found) if planned else found.recorded))


# The copy of known size and the kernel were measured; a copy of unknown size was not, beside such a kernel.
MEASURED = "k 11-111 @1 name=add grid=[512,1,1]; h2d 112-162 @2 size=4096"


def test_what_runs_beside_nothing_needs_no_source():
    assert told(MEASURED, planned=False) == ()
    assert told(MEASURED, (0, 1)) == ()


def test_a_table_of_this_model_or_of_others():
    assert told(MEASURED) == ("measured on Test GPU",)
    others = "unknown, an interval up to the highest that was measured on Test GPU, Other GPU"
    assert told("k 11-111 @1 name=sgemm_128x128 grid=[512,1,1]; d2h 112-162 @2", name="Third GPU") == (others,)


def test_the_source_for_the_most_time_is_first():
    # A copy to the host was measured beside no such kernel, and is beside it for longer than the other copy.
    beside = told("k 11-111 @1 name=add grid=[512,1,1]; h2d 112-162 @2 size=4096; d2h 112-192 @3")
    assert beside[0].startswith("unknown")
    assert beside[1] == "measured on Test GPU"


def test_what_is_of_next_to_no_time_is_not_told():
    kernel = "k 11-2011 @1 name=add grid=[512,1,1]; h2d 2012-4012 @2 size=4096; d2h 4013-"
    assert len(told(kernel + "4113 @3")) == 2
    assert told(kernel + "4015 @3") == ("measured on Test GPU",)


def test_what_this_trace_shows_comes_from_it():
    kernel = "k {0}000-{0}{1} @{0}000 name=add"
    alone = [kernel.format(i, 100) for i in range(1, 7)]
    beside = [f"{kernel.format(i, 300)}; s8 h2d {i}000-{i}300 @{i}001 size=4096" for i in range(7, 13)]
    assert "this trace" in told("; ".join(alone + beside))
