from __future__ import annotations

from dataclasses import replace

import msgspec

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.reports.fitting import shortened
from gpu_trace_analyzers.reports.what_if import to_text
from gpu_trace_analyzers.whatif.answer import Expected, Move, WhatIfWindow
from gpu_trace_analyzers.whatif.entry import entry_of
from gpu_trace_analyzers.whatif.verify import by_clock, by_trace
from what_ifs import MS, abstained, after, answered, before


def text(found, verified=None, width=100):
    entry = entry_of(found, before())
    if verified:
        entry = msgspec.structs.replace(entry, verified=verified(entry))
    return to_text("seed.json.gz", entry, width=width)


def test_the_answer_says_the_time_what_supports_it_and_what_to_change():
    assert (
        text(answered())
        == """\
seed.json.gz · measured · 6 device operations
this run took 132.0 ms; its own dependencies allow 112.0 ms (between 111.0 ms and 114.0 ms)
  recorded: 132.0 ms
  replay of the recorded order: 131.0 ms, 0.8 % off
  critical path: compute 80.4 %, copy D2H 8.9 %, waiting 10.7 %
  no schedule takes less than 100.0 ms: compute is busy that long
  the busiest engine alone, without dependencies: 90.0 ms
  1. move the copies to a side stream
     saves about 20.0 ms (±1.00 ms): the run then takes 112.0 ms
     3 × Memcpy DtoH (Device -> Pinned) leave stream 7; wait on an event recorded after gemm
"""
    )


def test_both_clocks_are_shown_where_both_are_known():
    found = text(answered(unrecorded_ns=130 * MS, before_ns=130 * MS))
    assert "this run took 130.0 ms; its own" in found
    assert "\n  recorded: 132.0 ms; by the clock, unrecorded: 130.0 ms\n" in found


def test_a_time_that_is_no_shorter_is_not_called_what_dependencies_allow():
    assert "took 110.0 ms; its own dependencies allow no less: 112.0 ms (between" in text(
        answered(unrecorded_ns=110 * MS, before_ns=110 * MS)
    )
    assert "its own dependencies allow no less: 112.0 ms" in text(answered(unrecorded_ns=112 * MS, before_ns=112 * MS))
    assert "its own dependencies allow 112.0 ms" in text(answered(unrecorded_ns=113 * MS, before_ns=113 * MS))


def test_the_error_of_a_gain_that_is_next_to_nothing_has_no_figure():
    said = text(answered(), verified=lambda entry: by_clock(entry, 132 * MS + 1_000))
    assert "gain: predicted 20.0 ms, measured −1.00 µs of 132.0 ms: error more than 1000.0 %" in said
    assert "error of the gain more than 1000.0 %" in said


def test_what_recording_adds_is_shown_where_the_model_takes_it_off():
    found = text(answered(before_ns=125 * MS))
    assert "without its recording this run takes about 125.0 ms; its own" in found
    assert "\n  recorded: 132.0 ms\n" in found


def test_memory_is_shown_with_the_time_without_it():
    found = text(answered(expected=Expected(112 * MS, 111 * MS, 114 * MS, 3_200_000_000, 120 * MS)))
    assert "\n  it needs 3.20 GB more device memory; in the memory that was used: 120.0 ms\n" in found


def test_where_operations_run_beside_each_other_it_is_said_how_their_contention_is_known():
    said = text(answered(contention=("this trace", "measured on NVIDIA H200")))
    assert "\n  contention: this trace; measured on NVIDIA H200\n" in said
    assert "contention" not in text(answered())


def test_a_longest_chain_is_named_by_its_engines():
    bound = answered().bound
    chain = text(answered(bound=type(bound)(95 * MS, bound.busiest, 90 * MS, 95 * MS, bound.chain_by_engine)))
    said = "  no schedule takes less than 95.0 ms: the longest chain of dependent operations (compute"
    assert said in chain


def test_unknown_reads_and_writes_are_shown_unless_they_are_next_to_nothing():
    said = "2.0 % of the device time has unknown reads and writes, and keeps its order"
    assert said in text(answered(unknown_dependency_share=0.02))
    assert "unknown reads" not in text(answered(unknown_dependency_share=0.0009))


def test_without_an_answer_its_reason_stands_with_replay_and_bound():
    assert (
        text(abstained())
        == """\
seed.json.gz · measured · 6 device operations
this run took 132.0 ms; no prediction: three CUDA graphs run in the window, and their edges are not
    recorded
  recorded: 132.0 ms
  replay of the recorded order: 131.0 ms, 0.8 % off
  no schedule takes less than 100.0 ms: compute is busy that long
  the busiest engine alone, without dependencies: 90.0 ms
"""
    )


def test_a_verified_prediction_says_how_far_off_it_was_and_where():
    found = text(answered(), lambda entry: by_trace(entry, after()))
    assert (
        found
        == """\
predicted 112.0 ms; literal took 113.0 ms recorded: 0.9 % too short
  gain: predicted 20.0 ms, measured 19.0 ms of 132.0 ms: error 5.3 %
  inside the predicted interval (111.0 ms to 114.0 ms)
  the busiest engine alone, 90.0 ms: 20.4 % too short, error of the gain 121.1 %
part                              predicted  measured  difference
compute busy                        90.0 ms   90.0 ms           =
copy D2H busy                       30.0 ms   32.0 ms    +2.00 ms
several engines at once            −20.0 ms  −22.0 ms    −2.00 ms
gaps without device work               0 ns   1.00 ms    +1.00 ms
host, before the first operation    10.0 ms   10.0 ms           =
host, after the last                2.00 ms   2.00 ms           =
all                                112.0 ms  113.0 ms    +1.00 ms
"""
    )


def test_a_clock_says_no_more_than_the_time():
    found = text(answered(), lambda entry: by_clock(entry, 112_500_000))
    assert found.startswith("predicted 112.0 ms; measured 112.5 ms by the clock: 0.4 % too short\n")
    assert "part " not in found


def test_another_number_of_operations_is_said():
    found = text(answered(window=WhatIfWindow("measured", 0, 132 * MS, 5, "measured")), lambda e: by_trace(e, after()))
    assert found.startswith("the run after the change launched 6, the one before 5 device operations: its work may")


def test_operations_that_move_are_named_in_short_with_the_events_that_order_them():
    moves = (
        Move(Engine.COPY_H2D, "Memcpy HtoD (Pinned -> Device)", 7, 1, "", "void at::native::gemm<float>(int, float*)"),
        Move(Engine.COPY_D2H, "k" * 99, 7, 2, "relu", ""),
    )
    found = text(answered(remedies=(replace(answered().remedies[0], moves=moves, extra_bytes=5000),)), width=140)
    assert "saves about 20.0 ms (±1.00 ms): the run then takes 112.0 ms, with 5.00 kB more device memory\n" in found
    assert (
        "1 × Memcpy HtoD (Pinned -> Device) leaves stream 7; gemm<float> waits on an event recorded after it\n" in found
    )
    assert f"2 × {shortened('k' * 99, 56)} leave stream 7; wait on an event recorded after relu\n" in found
