from __future__ import annotations

import msgspec

from gpu_trace_analyzers.reports.what_if import to_text
from gpu_trace_analyzers.whatif.answer import Expected
from gpu_trace_analyzers.whatif.entry import entry_of, spent_entry
from gpu_trace_analyzers.whatif.spent import spent
from gpu_trace_analyzers.whatif.verify import verified
from what_ifs import MS, abstained, after, answered, before


def text(found, **verified_as):
    entry = entry_of(found, before())
    if verified_as:
        entry = msgspec.structs.replace(entry, verified=verified(entry, entry.expected, **verified_as))
    return to_text("seed.json.gz", entry)


def test_the_answer_says_the_time_what_supports_it_and_what_to_change():
    assert (
        text(answered())
        == """\
seed.json.gz · measured · 6 device operations
this run took 132.0 ms; its own dependencies allow 112.0 ms (between 111.0 ms and 114.0 ms)
  replay of the recorded order: 131.0 ms, 0.8 % off the recorded time
  critical path: compute 80.4 %, copy D2H 8.9 %, waiting for the host 10.7 %
  no schedule takes less than 100.0 ms: compute is busy that long
  the busiest engine alone, without dependencies: 90.0 ms
  1. move the copies to a side stream
     saves about 20.0 ms (±1.00 ms): 112.0 ms
     3 × Memcpy DtoH (Device -> Pinned) off stream 7; wait on an event recorded after gemm
"""
    )


def test_both_clocks_are_shown_where_both_are_known():
    found = text(answered(unrecorded_ns=130 * MS, before_ns=130 * MS))
    assert "this run took 130.0 ms; its own" in found
    assert "\n  132.0 ms recorded; 130.0 ms by the clock, unrecorded\n" in found


def test_memory_is_shown_with_the_time_without_it():
    found = text(answered(expected=Expected(112 * MS, 111 * MS, 114 * MS, 3_200_000_000, 120 * MS)))
    assert "\n  it needs 3.20 GB more device memory; in the memory that was used: 120.0 ms\n" in found


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
  replay of the recorded order: 131.0 ms, 0.8 % off the recorded time
  no schedule takes less than 100.0 ms: compute is busy that long
  the busiest engine alone, without dependencies: 90.0 ms
"""
    )


def test_a_verified_prediction_says_how_far_off_it_was_and_where():
    work = after().work
    parts = spent_entry(spent(work.start_ns, work.end_ns, work.engine, 113 * MS))
    found = text(answered(), after="after.json.gz", measured_ns=113 * MS, operations=6, spent=parts)
    assert found.startswith("""\
predicted 112.0 ms; after.json.gz took 113.0 ms: 0.9 % too short
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

seed.json.gz · measured · 6 device operations
""")


def test_a_clock_says_no_more_than_the_time():
    found = text(answered(), after="112.5ms", measured_ns=112_500_000)
    assert found.startswith("predicted 112.0 ms; measured 112.5 ms by the clock: 0.4 % too short\n")
    assert "part " not in found


def test_another_number_of_operations_is_said():
    work = after().work
    parts = spent_entry(spent(work.start_ns, work.end_ns, work.engine, 113 * MS))
    found = text(answered(), after="a", measured_ns=113 * MS, operations=7, spent=parts)
    assert found.startswith("the run after the change launched 7, the one before 6 device operations: its work may")
