"""What each change saves, how sure that is, and which are told."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_trace_analyzers.whatif import price
from gpu_trace_analyzers.whatif.price import prices
from known import contents, model
from what_ifs import answered

BOTH = """
range measured 0-1000
h2d 11-61 @1; k 62-162 @2 name=gemm; d2h 163-213 @3; h2d 214-264 @4; k 265-365 @5 name=gemm; d2h 366-416 @6
call cudaDeviceSynchronize 7-420
"""
NEEDED = ((0, 1), (1, 2), (3, 4), (4, 5))


def found(text=BOTH, needed=NEEDED, ends=(), before=None, **known):
    """``ends``: how much slower kernels are beside copies in each."""
    views = [model(text, *needed, slowdown={1: np.full(6, factor), 2: np.full(6, factor)}) for factor in ends]
    return prices(before or _as_modeled(), model(text, *needed, **known), views)


def _as_modeled(**changed):
    return answered(recorded_ns=420_000, replay_ns=420_000, before_ns=420_000, **changed)


def test_the_largest_gain_is_first_and_each_is_exact():
    told = [(each.id, each.predicted_ns, each.gain_ns, each.error_ns) for each in found().remedies]
    assert told == [
        ("side_streams", 316_000, 104_000, 0),  # 11 + 50 + 100 + 1 + 100 + 50, and 4 to return
        ("half_bytes", 320_000, 100_000, 0),
        ("side_stream_d2h", 368_000, 52_000, 0),
        ("side_stream_h2d", 368_000, 52_000, 0),
        ("faster_host", 417_500, 2_500, 0),
    ]


def test_what_saves_less_than_it_is_uncertain_is_not_told():
    clock = {"unrecorded_ns": 420_000 - 52_001}  # the model misses the clock by that
    assert [each.id for each in found(before=_as_modeled(**clock)).remedies] == ["side_streams", "half_bytes"]
    missed = answered(recorded_ns=420_000, replay_ns=420_000 + 52_000, before_ns=420_000)
    told = found(before=missed).remedies
    assert {each.error_ns for each in told} == {52_000}
    assert [each.gain_ns for each in told] == [100_000, 52_000, 52_000]  # both directions may save no more than one


def test_the_error_is_half_of_what_the_views_are_apart():
    likely = {each.id: each.error_ns for each in found(ends=(1.0, 1.1)).remedies}
    assert likely["half_bytes"] == 0  # nothing runs beside each other
    # The second copy to the device runs beside the first kernel, the first one from it beside the second kernel. Each
    # kernel loses a tenth of the time beside its copy, which is as much slower: 5 us in 55.
    assert likely["side_streams"] == pytest.approx((5_000 + 5_000) / 2, abs=1_500)


@pytest.mark.parametrize(("least", "told"), [(104 / 420, ["side_streams"]), (105 / 420, [])])
def test_a_gain_of_next_to_nothing_is_none(monkeypatch, least, told):
    monkeypatch.setattr(price, "LEAST_GAIN", least)
    assert [each.id for each in found().remedies] == told


def test_causes_whose_changes_save_nothing_are_in_vain(monkeypatch):
    assert found().vain == ("synchronized",)
    monkeypatch.setattr(price, "LEAST_GAIN", 0.02)  # a microsecond is saved between operations of two streams
    held_back = found(needed=((0, 1), (1, 2), (2, 3), (3, 4), (4, 5)))
    assert [each.id for each in held_back.remedies] == ["half_bytes"]
    assert "same_stream" in held_back.vain


def test_a_change_that_contains_others_is_told_where_it_saves_more():
    text = """
    range measured 0-1000
    h2d 11-61 @1; k 62-162 @2; call cudaDeviceSynchronize 5-166
    h2d 178-228 @168; k 229-329 @169; call cudaDeviceSynchronize 172-333
    """
    chosen = model(text, (0, 1), (2, 3))
    gains = {each.id: each.gain_ns for each in prices(_as_modeled(), chosen, []).remedies}
    # In one queue all that is saved is the host's way from a wait to the next copy. Copied ahead, the second batch is
    # there when the first kernel ends, 1 us before the second one starts.
    assert gains["no_synchronize"] == 333_000 - (11 + 50 + 1 + 100 + 1 + 50 + 1 + 100 + 4) * 1000
    assert gains["by_dependencies"] == 333_000 - (11 + 50 + 100 + 1 + 100 + 4) * 1000
    assert "by_dependencies" not in [each.id for each in found().remedies]


def test_half_the_bytes_are_no_part_of_other_streams():
    unsure = _as_modeled(unrecorded_ns=420_000 - 50_000)
    assert [each.id for each in found(before=unsure).remedies][:2] == ["side_streams", "half_bytes"]


def test_memory_that_a_change_needs_is_told_with_it():
    batches = contents((1000, 0, 0, 1, 1), (1000, 0, 3, 4, 1))
    extra = {each.id: each.extra_bytes for each in found(contents=batches).remedies}
    assert extra.pop("side_streams") == extra.pop("side_stream_h2d") == 1000
    assert set(extra.values()) == {0}
