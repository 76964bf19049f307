"""Files of CUPTI's records that a killed process left."""

from __future__ import annotations

import numpy as np

from gpu_trace.cupti_recording.records import RECORD, ActivityKind, read

NAMES = b"\1\0\0\0\2\0\0\0k1" + b"\2\0\0\0\7\0\0\0gr\xc3\xb6\xc3\x9fe"


def written(folder, records, names=NAMES):
    (folder / "cupti-1-0.records").write_bytes(records)
    (folder / "cupti-1-0.names").write_bytes(names)
    return folder / "cupti-1-0.records"


def test_whatever_is_whole_is_read(tmp_path):
    records = np.zeros(3, RECORD)
    records["start_ns"], records["name"] = [1, 2, 3], [1, 2, 1]
    for length in range(len(records.tobytes()) + 1):
        found = read(written(tmp_path, records.tobytes()[:length]))
        assert (len(found.records) if found else 0) == length // RECORD.itemsize
    for length in range(len(NAMES) + 1):
        found = read(written(tmp_path, records.tobytes(), NAMES[:length]))
        assert found.names == {**({1: "k1"} if length >= 10 else {}), **({2: "größe"} if length == len(NAMES) else {})}


def test_nothing_was_left(tmp_path):
    assert read(tmp_path / "cupti-1-0.records") is None
    assert read(written(tmp_path, b"")) is None


NOW_NS = 1_790_857_026_000_000_000
TICKS = 30 * 86400 * 4 * 10**9
"""of a processor of 4 GHz that was switched on a month ago"""


def test_records_without_times_of_our_clock_are_left_out_and_the_others_ordered(tmp_path):
    records = np.zeros(6, RECORD)
    records["kind"] = ActivityKind.MEMSET
    records["start_ns"] = [NOW_NS + 30, 0, NOW_NS + 10, NOW_NS + 20, NOW_NS + 20, TICKS]
    records["end_ns"] = [NOW_NS + 40, 5, NOW_NS + 10, 0, NOW_NS + 25, TICKS + 9]
    found = read(written(tmp_path, records.tobytes()))
    assert (found.of(ActivityKind.MEMSET)["start_ns"] - NOW_NS).tolist() == [10, 20, 30]
    assert (found.of(ActivityKind.MEMSET)["end_ns"] - NOW_NS).tolist() == [10, 25, 40]
    assert (found.began_ns, len(found.of(ActivityKind.MEMCPY))) == (NOW_NS + 10, 0)


def test_names_of_calls_lose_their_versions(tmp_path):
    texts = ["cudaLaunchKernel_v7000", "cudaMemcpyAsync_ptsz_v7000", "cuMemcpyHtoDAsync_v2_ptsz", "cuLaunchKernel"]
    names = b"".join(
        number.to_bytes(4, "little") + len(text).to_bytes(4, "little") + text.encode()
        for number, text in enumerate(texts, 1)
    )
    found = read(written(tmp_path, np.zeros(1, RECORD).tobytes(), names))
    assert [found.call_name(number) for number in range(5)] == [
        "",
        "cudaLaunchKernel",
        "cudaMemcpyAsync",
        "cuMemcpyHtoDAsync",
        "cuLaunchKernel",
    ]
