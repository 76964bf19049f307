"""Errors of a prediction, and when it passes: the pairs that the model was found with are the examples."""

from __future__ import annotations

import pytest

from lab.what_if.comparison import Comparison, compared, status
from lab.what_if.measured import Case, Clocks, Expected, Outcome, Prediction
from lab.what_if.pairs import Pair

PAIR = Pair("products", "in turns", "side stream")
NEGATIVE = Pair("one_buffer", "in turns", "side stream", gains=False)
PRODUCTS = Comparison(before_ns=189_240, after_ns=132_410, predicted_ns=132_310, naive_ns=130_665)
TRAINING = Comparison(before_ns=384_490, after_ns=375_910, predicted_ns=375_150, naive_ns=373_500)


def test_the_error_of_a_gain_is_much_larger_than_that_of_the_time_where_little_is_gained():
    assert PRODUCTS.error == pytest.approx(-0.0008, abs=5e-5)
    assert PRODUCTS.gain_error == pytest.approx(0.0018, abs=5e-5)
    assert TRAINING.error == pytest.approx(-0.002, abs=5e-5)
    assert TRAINING.gain_error == pytest.approx(0.089, abs=5e-4)
    assert TRAINING.naive_gain_error == pytest.approx(0.281, abs=5e-4)


def test_a_gain_of_more_than_a_tenth_has_to_be_predicted_twice_as_well():
    assert (PRODUCTS.limit, TRAINING.limit) == (0.05, 0.10)


def test_a_gain_that_is_none_has_no_error():
    found = Comparison(before_ns=1000, after_ns=991, predicted_ns=1000, naive_ns=700)
    assert (found.gain_error, found.naive_gain_error) == (None, None)


def case(median_ns: int, busiest_ns: int = 0) -> Case:
    return Case({}, Clocks("c", [median_ns - 4, median_ns, median_ns + 2], "5eed"), median_ns, busiest_ns)


def predicted(ns: int | None, reason: str = "") -> Prediction:
    expected = None if ns is None else Expected(ns, ns, ns)
    return Prediction("gpu-trace.whatif/1", "abstained" if reason else "answered", reason, 0, 0, expected)


def measured(before: int, prediction: int, after: int, busiest: int) -> Outcome:
    return Outcome("p", case(before, busiest), predicted(prediction), case(after).unrecorded)


def test_medians_of_unrecorded_runs_are_compared_with_the_busiest_engine_before():
    assert compared(measured(189_240, 132_310, 132_410, 130_665)) == PRODUCTS


@pytest.mark.parametrize(
    ("pair", "outcome", "said"),
    [
        (PAIR, measured(1000, 700, 705, 680), "passes: at most 5 %"),
        (PAIR, measured(1000, 660, 700, 600), "fails: at most 5 %"),
        (PAIR, measured(1000, 945, 950, 930), "passes: at most 10 %"),
        (PAIR, measured(1000, 680, 700, 690), "does not count: the busiest engine is as near"),
        (PAIR, measured(1000, 1000, 992, 600), "does not count: nothing gained"),
        (NEGATIVE, measured(1000, 993, 1001, 600), "passes: no gain"),
        (NEGATIVE, measured(1000, 700, 1001, 600), "fails: a gain predicted"),
        (NEGATIVE, measured(1000, 1000, 700, 600), "does not count: something gained"),
    ],
)
def test_a_pair_passes_fails_or_proves_nothing(pair, outcome, said):
    assert status(pair, outcome) == said


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome("p"), "not measured"),
        (Outcome("p", case(9)), "not predicted"),
        (Outcome("p", case(9), predicted(8)), "predicted, not measured after"),
        (Outcome("p", case(9), predicted(None, "a CUDA graph")), "abstained: a CUDA graph"),
    ],
)
def test_a_pair_that_is_not_complete_says_what_is_missing(outcome, said):
    assert compared(outcome) is None
    assert status(PAIR, outcome) == said


def test_where_it_abstained_the_gain_and_the_naive_estimate_are_known():
    outcome = Outcome("p", case(1000, 900), predicted(None, "a CUDA graph"), case(800).unrecorded)
    found = compared(outcome)
    assert found == Comparison(1000, 800, None, 900)
    assert (found.gain_ns, found.naive_gain_error) == (200, 0.5)
    assert (found.error, found.gain_error, found.predicted_gain_ns) == (None, None, None)
    assert status(PAIR, outcome) == "abstained: a CUDA graph"


def test_a_pair_for_more_gpus_says_so_where_it_was_not_measured():
    assert status(Pair("peers", "in turns", "side stream", gpus=2), Outcome("peers")) == "needs 2 GPUs"
