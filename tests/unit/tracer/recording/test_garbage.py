"""The long garbage collections of a process, from its file to rows."""

from __future__ import annotations

import struct

from gpu_trace.boot.contract import COLLECTION, garbage_file
from gpu_trace.recording.garbage import Collection, chrome_rows, read
from gpu_trace_analyzers.vocabulary.own_ranges import DOMAIN, GARBAGE_COLLECTION


def test_whole_collections_are_read_and_none_that_ends_before_it_begins(tmp_path):
    assert read(tmp_path, 7) == []
    found = [(1000, 201_000, 8), (900_000, 800_000, 8), (1_000_000, 1_300_000, 9)]
    data = b"".join(struct.pack(COLLECTION, *each) for each in found)
    (tmp_path / garbage_file(7)).write_bytes(data + data[:23])
    assert read(tmp_path, 7) == [Collection(1000, 201_000, 8), Collection(1_000_000, 1_300_000, 9)]


def test_each_is_a_range_of_the_process_and_their_lane_has_a_name():
    row, *names = chrome_rows(7, [Collection(1_000_500, 1_200_750, 8)], 1_000_000)
    assert (row["name"], row["cat"], row["pid"]) == (GARBAGE_COLLECTION, "nvtx", 7)
    assert (bytes(row["ts"]), bytes(row["dur"])) == (b"0.500", b"200.250")
    assert row["args"] == {"thread": 8, "scope": "process", "domain": DOMAIN}
    assert [(name["name"], name["tid"]) for name in names] == [
        ("thread_name", row["tid"]),
        ("thread_sort_index", row["tid"]),
    ]
    assert list(chrome_rows(7, [], 0)) == []
