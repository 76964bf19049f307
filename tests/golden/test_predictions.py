"""Predictions from recordings of pairs before their change, against the clocks of both; see samples/traces/README.md.

The model is that of now, the recordings and clocks are of an H200: what was shown once must stay true.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from statistics import median_low

import pytest

from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.whatif.beside import what_if_of
from lab.what_if.comparison import NO_GAIN, Comparison
from lab.what_if.pairs import pairs

PAIRS = Path(__file__).parents[2] / "samples/traces/whatif/pairs"
CLOCKS = {
    name: {case: median_low(clocks_ns) for case, clocks_ns in cases.items()}
    for name, cases in json.loads((PAIRS / "clocks_ns.json").read_text()).items()
}
ABSTAINED = {
    "small_kernels": "kernels that fill a part of the GPU could run at once",
}
RECORDED = [pair for pair in pairs() if (PAIRS / pair.name).exists()]
GAINING = [pair.name for pair in RECORDED if pair.gains and pair.name not in ABSTAINED]


PROFILED = PAIRS.parent
"""Recordings of torch.profiler, with what PyTorch's own observer wrote beside them."""
PROFILED_PAIRS = [("seed_nonblocking", "seed_two_streams"), ("train_same", "train_prefetched")]


def predicted(name):
    path = PAIRS / name / "trace.json.gz"
    return what_if_of(load(path, operators=True), path, range_name="measured", unrecorded_ns=CLOCKS[name]["before"])


def comparison(name):
    found = predicted(name)
    assert found.status == "answered", found.reason
    assert found.replay_ns == pytest.approx(found.recorded_ns, rel=0.01)
    return Comparison(CLOCKS[name]["before"], CLOCKS[name]["after"], found.expected.predicted_ns, found.naive_ns)


@pytest.mark.parametrize("name", GAINING)
def test_a_gain_is_predicted_within_its_limit_and_better_than_by_the_busiest_engine(name):
    found = comparison(name)
    assert found.gain_error <= found.limit
    assert found.gain_error < found.naive_gain_error


@pytest.mark.parametrize("name", [pair.name for pair in RECORDED if not pair.gains])
def test_no_gain_is_predicted_where_the_data_is_in_the_way(name):
    found = comparison(name)
    assert abs(found.gain_ns) <= NO_GAIN * found.before_ns
    assert found.predicted_gain_ns <= NO_GAIN * found.before_ns
    assert found.before_ns - found.naive_ns > 0.2 * found.before_ns, "the busiest engine alone would promise much"


@pytest.mark.parametrize("name", ABSTAINED)
def test_what_the_model_does_not_know_is_not_predicted(name):
    found = predicted(name)
    assert found.status == "abstained"
    assert ABSTAINED[name] in found.reason


@cache
def profiled(name):
    """The answer about a recording of torch.profiler, and the time by a clock."""
    clock_ns = round(json.loads((PROFILED / "clocks_ms.json").read_text())[name] * 1e6)
    path = PROFILED / f"{name}.json.gz"
    found = what_if_of(load(path, operators=True), path, range_name="measured", unrecorded_ns=clock_ns)
    assert found.status == "answered", found.reason
    assert found.replay_ns == pytest.approx(found.recorded_ns, rel=0.01)
    return found, clock_ns


@pytest.mark.parametrize(("before", "after"), PROFILED_PAIRS)
def test_recordings_of_pytorch_alone_predict_the_gain_too(before, after):
    (found, before_ns), (_, after_ns) = profiled(before), profiled(after)
    compared = Comparison(before_ns, after_ns, found.expected.predicted_ns, found.naive_ns)
    assert compared.gain_error <= compared.limit
    assert compared.gain_error < compared.naive_gain_error


@pytest.mark.parametrize("after", [after for _, after in PROFILED_PAIRS])
def test_of_what_runs_beside_each_other_already_nothing_is_predicted_to_be_gained(after):
    found, clock_ns = profiled(after)
    assert found.expected.predicted_ns == pytest.approx(clock_ns, rel=0.005)
    assert not any(remedy.id.startswith("side_stream") for remedy in found.remedies)


def test_steps_are_predicted_too_while_the_device_still_does_what_was_launched_before_them():
    path = PROFILED / "train_same.json.gz"
    found = what_if_of(load(path, operators=True), path)
    assert (found.status, found.window.steps) == ("answered", 7)
    of_all = profiled("train_same")[0].remedies[0]  # eight steps
    assert found.remedies[0].id == of_all.id
    assert found.remedies[0].gain_ns == pytest.approx(of_all.gain_ns * 7 / 8, rel=0.15)
