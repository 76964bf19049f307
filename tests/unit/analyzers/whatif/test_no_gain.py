"""Copies that look as if they could be hidden, and cannot: the data is in the way. Beside each stands what could."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.whatif import predict
from gpu_trace_analyzers.whatif.doubts import Belief
from gpu_trace_analyzers.whatif.pace import USUAL_GAP_NS
from gpu_trace_analyzers.whatif.predict import what_if
from in_turns import TAKES_NS, in_turns

NEEDED_AT_ONCE = """
mm({given}, w) -> y{n} : k
copy_(h{n}@cpu!, y{n}) : d2h
copy_(x{n}!, h{n}) : h2d
"""
ONE_BUFFER = """
copy_({buffer}!, w{n}@cpu) : h2d
mm(x, {buffer}) -> y{n} : k
"""
ITEM_EACH_STEP = """
copy_(x{n}!, h{n}@cpu) : h2d
mm(x{n}, w) -> y{n} : k
{read}
"""
ITEM = "item(y{n})\n    _local_scalar_dense(y{n}) : d2h size=4"
VIEWS = """
copy_(buffer{part}!, h{n}@cpu) : h2d
mm(buffer{part}, w) -> y{n} : k
"""
IN_PLACE = """
addmm_({total}!, x, w) : k
copy_(h{n}@cpu!, {total}) : d2h
"""
SHARED_STORAGE = """
mm(x, w, out={storage}!) : k
copy_(h{n}@cpu!, {storage}) : d2h s13
"""
STEPS = range(1, 7)


def gain_ns(*steps):
    """What the tool says could be saved."""
    found = what_if(*in_turns("".join(steps)), range_name="measured")
    assert found.status == "answered", found.reason
    assert found.recorded_ns == found.replay_ns
    return found.recorded_ns - found.expected.predicted_ns


@pytest.fixture(autouse=True)
def _nothing_is_slower_beside_others(monkeypatch):
    monkeypatch.setattr(predict, "beliefs", lambda part, cost: (Belief(cost, {}),) * 3)


def none(ns):
    return ns == 0


def steps_but_one(ns, per_step=1):
    """All copies but those of one step, which nothing runs beside."""
    return ns == per_step * (len(STEPS) - 1) * TAKES_NS


def test_a_result_that_the_next_product_needs():
    assert none(gain_ns(*(NEEDED_AT_ONCE.format(n=n, given=f"x{n - 1}") for n in STEPS)))
    assert steps_but_one(gain_ns(*(NEEDED_AT_ONCE.format(n=n, given="x0") for n in STEPS)), per_step=2)


def test_a_buffer_that_the_next_copy_overwrites():
    assert none(gain_ns(*(ONE_BUFFER.format(n=n, buffer="b") for n in STEPS)))
    assert steps_but_one(gain_ns(*(ONE_BUFFER.format(n=n, buffer=f"b{n % 2}") for n in STEPS)))


def test_a_number_that_the_host_reads_before_it_goes_on():
    reading = (ITEM_EACH_STEP.format(n=n, read=ITEM.format(n=n)) for n in STEPS)
    assert none(gain_ns(*reading))
    assert steps_but_one(gain_ns(*(ITEM_EACH_STEP.format(n=n, read="") for n in STEPS)))


def test_views_that_share_memory():
    overlapping, apart = ({0: "[0:8]", 1: second} for second in ("[4:12]", "[8:16]"))
    assert none(gain_ns(*(VIEWS.format(n=n, part=overlapping[n % 2]) for n in STEPS)))
    assert steps_but_one(gain_ns(*(VIEWS.format(n=n, part=apart[n % 2]) for n in STEPS)))


def test_a_sum_that_the_next_product_changes_in_place():
    assert none(gain_ns(*(IN_PLACE.format(n=n, total="t") for n in STEPS)))
    assert steps_but_one(gain_ns(*(IN_PLACE.format(n=n, total=f"t{n}") for n in STEPS)))


def test_storage_that_another_stream_reads_when_it_is_used_again():
    assert none(gain_ns(*(SHARED_STORAGE.format(n=n, storage="s") for n in STEPS)))
    apart_ns = gain_ns(*(SHARED_STORAGE.format(n=n, storage=f"s{n}") for n in STEPS))
    # No kernel of this trace was queued behind another one, so each follows at the usual pace.
    assert steps_but_one(apart_ns + (len(STEPS) - 1) * USUAL_GAP_NS)
