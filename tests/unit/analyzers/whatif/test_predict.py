"""The whole answer about programs that a device runs one operation at a time, where nothing slows down anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from executions import ELEMENTS
from gpu_trace_analyzers.errors import TraceInconclusive, UsageError
from gpu_trace_analyzers.model import Device, Engine
from gpu_trace_analyzers.whatif import predict
from gpu_trace_analyzers.whatif.doubts import Belief
from gpu_trace_analyzers.whatif.predict import what_if
from gpu_trace_analyzers.whatif.recording_cost import RecordingCost
from in_turns import LATENCY_NS, TAKES_NS, in_turns
from known import measured, nothing_known

BATCHES = "".join(f"copy_(x{n}!, h{n}@cpu) : h2d\nmm(x{n}, w) -> y{n} : k\n" for n in range(3))


@pytest.fixture(autouse=True)
def _no_contention(monkeypatch):
    monkeypatch.setattr(predict, "beliefs", lambda part, cost: (Belief(RecordingCost(), {}),) * 3)


def answer(program=BATCHES, **asked):
    return what_if(*in_turns(program), range_name="measured", **asked)


def test_all_of_an_answer():
    found = answer()
    assert (found.status, found.reason, found.unknown_dependency_share) == ("answered", "", 0.0)
    assert found.recorded_ns == found.replay_ns == found.before_ns
    assert found.unrecorded_ns is None
    gain_ns = found.before_ns - found.expected.predicted_ns
    assert gain_ns == 2 * TAKES_NS  # of three copies all but the first are hidden
    assert found.naive_ns == 3 * TAKES_NS
    assert (found.bound.predicted_ns, found.bound.busiest_ns, found.bound.chain_ns) == (
        3 * TAKES_NS,
        3 * TAKES_NS,
        2 * TAKES_NS,
    )
    low, high = (round(found.expected.predicted_ns * factor) for factor in (0.99, 1.01))  # as far as the model is off
    assert (found.expected.low_ns, found.expected.high_ns) == (low, high)


def test_the_schedule_of_an_answer():
    found, ms = answer(), TAKES_NS
    plan = found.schedule
    first = int(plan.recorded_start_ns[0])
    assert ((plan.recorded_start_ns - first) // ms).tolist() == [0, 1, 2, 3, 4, 5]
    assert np.round((plan.start_ns - first) / ms).tolist() == [0, 1, 1, 2, 2, 3]
    assert (plan.end_ns - plan.start_ns).tolist() == [ms] * 6
    assert plan.critical.tolist() == [0, 2, 4, 5]
    assert plan.rows.tolist() == [0, 1, 2, 3, 4, 5]


def test_its_remedies():
    (side, half) = answer().remedies
    assert (side.id, side.gain_ns, side.extra_bytes) == ("side_stream_h2d", 2 * TAKES_NS, 0)
    assert (half.id, half.gain_ns) == ("half_bytes", 3 * TAKES_NS // 2)
    (move,) = side.moves
    assert (move.engine, move.count, move.awaited_by) == (Engine.COPY_H2D, 3, "k")


def test_a_time_by_a_clock_is_what_gains_are_counted_from():
    found = answer(unrecorded_ns=6_100_000)
    assert (found.before_ns, found.unrecorded_ns) == (6_100_000, 6_100_000)
    assert found.expected.predicted_ns == answer().expected.predicted_ns


@pytest.mark.parametrize("share", [0.93, 0.5, 1.06, 3])
def test_a_clock_of_another_run_is_refused_and_nothing_is_made_to_fit_it(share):
    known = answer()
    found = answer(unrecorded_ns=round(known.before_ns * share))
    assert found.reason.startswith("the time by the clock is ")
    assert found.bound == known.bound


@pytest.mark.parametrize(("clock_us", "refused"), [(1050, True), (1060, False), (1160, False), (1180, True)])
def test_a_clock_that_another_host_would_explain_is_of_another_run_if_it_is_far_off(monkeypatch, clock_us, refused):
    views = [Belief(RecordingCost(), {}, launching) for launching in (0.05, 1, 1.2)]
    monkeypatch.setattr(predict, "beliefs", lambda part, cost: views)
    chosen = measured("range measured 0-9000; k 1010-1110 @1000; call cudaDeviceSynchronize 1020-1110")
    found = predict._another_run(chosen, nothing_known(chosen.rows), clock_us * 1000)
    assert found.startswith("the time by the clock is ") == refused


def test_without_an_execution_trace_the_replay_and_the_busiest_engine_are_told():
    trace, _ = in_turns(BATCHES)
    found = what_if(trace, None, range_name="measured")
    assert found.status == "abstained"
    assert found.reason.startswith("there is no execution trace")
    assert (found.replay_ns, found.bound.predicted_ns) == (found.recorded_ns, 3 * TAKES_NS)
    assert (found.expected, found.schedule, found.remedies, found.unknown_dependency_share) == (None, None, (), None)


def test_what_is_wrong_with_the_trace_is_told_before_that_nothing_lies_beside_it():
    trace, _ = in_turns(BATCHES)
    assert "ran on a CPU" in what_if(_on_cpu(trace), None, range_name="measured").reason


def test_work_that_the_model_has_no_rule_for_is_not_predicted_with_dependencies_either():
    trace, execution = in_turns(BATCHES)
    found = what_if(_on_cpu(trace), execution, range_name="measured")
    assert (found.status, found.expected) == ("abstained", None)
    assert "ran on a CPU" in found.reason


def _on_cpu(trace):
    return replace(trace, devices=(Device("cpu", 0),))


def test_unknown_operators_for_more_than_a_little_of_the_time():
    found = answer(BATCHES + "?custom(w) -> z : k\n")
    assert found.status == "abstained"
    assert found.unknown_dependency_share == pytest.approx(1 / 7)
    assert found.reason.startswith("what operations read and write is unknown for 14.3 %")


def test_an_answer_that_is_too_uncertain_keeps_its_bound(monkeypatch):
    slow = {0: np.array([4.0, 1, 4.0, 1, 4.0, 1]), 1: np.full(6, 1.0)}
    views = (Belief(RecordingCost(), {}), Belief(RecordingCost(), {}), Belief(RecordingCost(), slow))
    monkeypatch.setattr(predict, "beliefs", lambda part, cost: views)
    found = answer()
    assert found.status == "abstained"
    assert "which is too wide to act on" in found.reason
    assert found.bound.chain_ns == 2 * TAKES_NS
    assert (found.expected, found.remedies, found.schedule) == (None, (), None)


def test_the_expected_time_lies_between_the_ends_also_where_both_are_longer(monkeypatch):
    slow = Belief(RecordingCost(), {0: np.array([1.01, 1] * 3)})
    monkeypatch.setattr(predict, "beliefs", lambda part, cost: (slow, Belief(RecordingCost(), {}), slow))
    found = answer().expected
    assert found.low_ns == round(found.predicted_ns * (1 - predict.MODEL_ERROR))
    assert found.high_ns > round(found.predicted_ns * (1 + predict.MODEL_ERROR))


def test_a_window_that_is_not_there():
    trace, execution = in_turns(BATCHES)
    with pytest.raises(UsageError, match="no range is called 'epoch'"):
        what_if(trace, execution, range_name="epoch")
    with pytest.raises(TraceInconclusive, match="launched no GPU work"):
        what_if(replace(trace, work=trace.work[:0]), execution, range_name="measured")


@pytest.mark.parametrize("unrecorded_ns", [0, -5])
def test_a_clock_shows_more_than_nothing(unrecorded_ns):
    with pytest.raises(UsageError, match=f"unrecorded_ns={unrecorded_ns} cannot be the time of a run"):
        answer(unrecorded_ns=unrecorded_ns)


def test_the_latency_of_a_launch_is_in_every_time():
    found = answer()
    assert found.schedule.start_ns[0] >= LATENCY_NS


TWO_BATCHES = """
empty() -> x{n}
empty() -> u{n}
copy_(x{n}!, h{n}@cpu) : h2d
copy_(u{n}!, g{n}@cpu) : h2d
mm(x{n}, u{n}) -> y{n} : k
add_(w!, w) : k
"""


def test_in_the_memory_that_was_used_less_runs_ahead():
    found = answer("".join(TWO_BATCHES.format(n=n) for n in range(3)))
    assert found.before_ns - found.expected.predicted_ns == 4 * TAKES_NS  # all copies but those of the first step
    assert found.expected.extra_bytes == 4 * ELEMENTS
    # The first batches were there before. A step needs its two batches and a result: so of the third step one copy runs
    # beside the kernel of the second step that needs none of them, and the other one after it.
    assert found.before_ns - found.expected.in_used_memory_ns == 3 * TAKES_NS


def test_where_no_more_memory_is_needed_there_is_one_time():
    assert answer().expected.extra_bytes == 0
    assert answer().expected.in_used_memory_ns is None
