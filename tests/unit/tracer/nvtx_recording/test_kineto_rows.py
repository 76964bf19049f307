from __future__ import annotations

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.nvtx_recording.kineto_rows import chrome_rows
from gpu_trace.nvtx_recording.records import EVENT, EventKind, ProcessRanges, Texts

spans = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 900), st.integers(1, 2)), max_size=20)


def ranges_of(rows) -> ProcessRanges:
    rows = sorted(rows, key=lambda row: (row[0], -row[1]))
    opening = np.zeros(len(rows), EVENT)
    opening["at_ns"] = [row[0] for row in rows]
    opening["thread"] = [row[2] for row in rows]
    opening["kind"], opening["name"] = EventKind.PUSH, 1
    end_ns = np.array([row[0] + row[1] for row in rows], np.int64)
    return ProcessRanges(7, opening, end_ns, np.ones(len(rows), bool), Texts({1: 'a "name"\n'}), 0)


def shown(ranges, base_ns=0):
    rows = msgspec.json.decode(msgspec.json.encode(list(chrome_rows(ranges, base_ns))))
    return [row for row in rows if row["ph"] == "X"], [row for row in rows if row["ph"] == "M"]


def ns(microseconds: float) -> int:
    return round(microseconds * 1000)


@given(spans)
def test_rows_of_one_lane_nest_and_belong_to_one_thread(rows):
    events, _ = shown(ranges_of(rows))
    assert sorted((ns(e["ts"]), ns(e["dur"]), e["args"]["thread"]) for e in events) == sorted(rows)
    lanes = {}
    for event in events:
        lanes.setdefault(event["tid"], []).append(event)
    for lane in lanes.values():
        assert len({event["args"]["thread"] for event in lane}) == 1
        for a in lane:
            for b in lane:
                start, end = max(ns(a["ts"]), ns(b["ts"])), min(ns(a["ts"] + a["dur"]), ns(b["ts"] + b["dur"]))
                assert end <= start or end - start in (ns(a["dur"]), ns(b["dur"]))


def test_ranges_of_start_and_end_are_those_of_the_process_on_lanes_of_their_own():
    ranges = ranges_of([(0, 10, 1), (2, 10, 2), (3, 4, 1)])
    ranges.opening["kind"][:2] = EventKind.START
    events, metadata = shown(ranges)
    assert [(event["args"].get("scope"), event["args"]["thread"]) for event in events] == [
        ("process", 1),
        ("process", 2),
        (None, 1),
    ]
    names = {row["tid"]: row["args"]["name"] for row in metadata if row["name"] == "thread_name"}
    assert [names[event["tid"]] for event in events] == ["NVTX (process)", "NVTX (process), 2", "NVTX (thread 1)"]


def test_every_lane_is_named_and_below_what_viewers_can_number():
    events, names = shown(ranges_of([(0, 10, 1), (5, 10, 1), (0, 3, 2)]))
    assert {row["tid"] for row in events} == {row["tid"] for row in names if row["name"] == "thread_name"}
    assert len({row["tid"] for row in events}) == 3
    assert max(row["tid"] for row in events) < 1 << 31


def test_times_before_the_base_keep_every_nanosecond():
    rows = list(chrome_rows(ranges_of([(1_001, 2_003, 1)]), base_ns=3_000))
    assert (bytes(rows[0]["ts"]), bytes(rows[0]["dur"])) == (b"-1.999", b"2.003")
