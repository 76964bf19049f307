"""The tables of predictions: a row per pair, and only between the markers of a page."""

from __future__ import annotations

import pytest

from lab.what_if.measured import Case, Clocks, Expected, Outcome, Prediction
from lab.what_if.page import BEGIN, END, inserted, markdown, tables
from lab.what_if.pairs import Pair

PAIRS = [
    Pair("products", "in turns", "side stream"),
    Pair("unknown", "never seen", "nor this", blind=True),
    Pair("one_buffer", "one buffer", "side stream", gains=False),
]


def case(ms: float, busiest_ms: float = 0) -> Case:
    at = round(ms * 1e6)
    clocks = Clocks("c", [at + 100_000, at, at - 60_000], "5eed")
    return Case({"devices": "GPU 0 (NVIDIA H200)", "nvtx": ""}, clocks, at, round(busiest_ms * 1e6))


def outcome(pair: str, before: float, predicted: float, after: float) -> Outcome:
    ns = round(predicted * 1e6)
    prediction = Prediction("gpu-trace.whatif/1", "answered", "", 0, 0, Expected(ns, ns, ns))
    return Outcome(pair, case(before, 130.66), prediction, case(after).unrecorded)


FOUND = [outcome("products", 189.24, 132.31, 132.41), outcome("one_buffer", 92, 91.9, 92.1)]


def test_a_row_has_times_gains_and_errors_in_the_order_of_the_headings():
    heading, rule, row = tables(FOUND[:1], PAIRS).splitlines()
    cells = dict(zip(heading.split(" | "), row.split(" | "), strict=True))
    assert rule.count("|") == heading.count("|")
    assert list(cells.values()) == [
        "| [in turns → side stream](../samples/what_if/products.py)",
        "189.24 ms ± 0.08",
        "132.31 ms",
        "132.41 ms ± 0.08",
        "-0.08 %",
        "56.93 ms (30.1 %)",
        "56.83 ms (30.0 %)",
        "0.2 %",
        "130.66 ms",
        "3.1 %",
        "passes: at most 5 % |",
    ]


def test_pairs_that_gain_nothing_and_blind_pairs_have_tables_of_their_own():
    every = [*FOUND, outcome("unknown", 100, 80, 80)]
    assert [table.split(" | ")[0] for table in tables(every, PAIRS).split("\n\n")] == [
        "| Pairs",
        "| Blind pairs",
        "| Changes that gain nothing",
    ]
    assert "Blind" not in tables(FOUND, PAIRS)


def test_a_pair_that_was_only_predicted_has_a_row():
    [*_, row] = tables([Outcome("products", FOUND[0].before, FOUND[0].prediction)], PAIRS).splitlines()
    assert row.endswith("| 189.24 ms ± 0.08 | 132.31 ms | – | – | – | – | – | – | – | predicted, not measured after |")


def test_a_pair_that_was_not_predicted_has_its_gain_and_that_of_the_naive_estimate():
    prediction = Prediction("gpu-trace.whatif/1", "abstained", "a CUDA graph", 0, 0, None)
    [*_, row] = tables([Outcome("products", case(200, 190), prediction, case(180).unrecorded)], PAIRS).splitlines()
    assert row.endswith("| – | – | 20.00 ms (10.0 %) | – | 190.00 ms | 50.0 % | abstained: a CUDA graph |")


def test_a_page_names_the_machine():
    assert markdown(FOUND, PAIRS, "On an H200").startswith("# On an H200\n\n- devices: GPU 0 (NVIDIA H200)\n\n| Pairs")


def test_tables_replace_what_is_between_the_markers_and_nothing_else():
    page = f"before\n\n{BEGIN}\n\nold\n\n{END}\n\nbehind\n"
    once = inserted(page, "| new |")
    assert once == f"before\n\n{BEGIN}\n\n| new |\n\n{END}\n\nbehind\n"
    assert inserted(once, "| new |") == once
    assert inserted(f"{BEGIN}\n\n{END}\n", "| new |") == f"{BEGIN}\n\n| new |\n\n{END}\n"


def test_a_page_without_markers_is_refused():
    with pytest.raises(ValueError, match="has no lines"):
        inserted("a page\n", "| new |")
