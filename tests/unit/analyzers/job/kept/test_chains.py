"""What each collective of a rank came after, on literal traces: times are in µs."""

import numpy as np

from gpu_trace_analyzers.job.kept.chains import chains
from gpu_trace_analyzers.model import MISSING, Engine
from tests.literal import literal, microseconds


def of(text, from_us=0):
    """The columns in µs, with places as they are."""
    trace = literal(microseconds(text))
    rows = np.flatnonzero(trace.work.engine == Engine.COLLECTIVE)
    found = chains(trace, [0], rows, 1000 * from_us)
    places = ("behind", "released_by", "host_released_by")
    return {
        name: [value if name in places or value == MISSING else value // 1000 for value in column.tolist()]
        for name, column in found.items()
    }


def test_a_collective_that_compute_waits_for_releases_the_next_one():
    found = of("k 0-100 @0; s9 nccl 100-300 @1; k 300-340 @2; s9 nccl 340-350 @3")
    assert found["released_by"] == [MISSING, 0]
    assert found["device_ns"] == [100, 40]
    assert found["behind"] == [MISSING, 0]
    assert found["compute_ns"] == [MISSING, 40]


def test_a_collective_that_is_hidden_releases_none():
    found = of("k 0-400 @0; s9 nccl 100-300 @1; s9 nccl 400-450 @2")
    assert found["released_by"] == [MISSING, MISSING]
    assert found["device_ns"] == [100, 400]


def test_devices_resume_with_the_launch_of_a_host_that_is_late():
    found = of("k 0-100 @0; s9 nccl 100-110 @1; k 500-540 @490; s9 nccl 540-550 @495")
    assert found["resumed_ns"] == [0, 490]
    assert found["tail_ns"] == [100, 40]
    assert found["host_ns"] == [MISSING, 494]


def test_a_collective_that_is_launched_when_nothing_computes_resumes_by_itself():
    found = of("k 0-100 @0; s9 nccl 100-110 @1; s9 nccl 505-550 @495")
    assert (found["resumed_ns"][1], found["tail_ns"][1]) == (495, 0)


def test_time_in_a_call_that_blocks_is_not_the_hosts_own_and_the_collective_before_its_end_released_it():
    found = of("k 0-100 @0; s9 nccl 100-200 @1; call cudaStreamSynchronize 5-205; k 300-310 @290; s9 nccl 310-320 @291")
    assert found["host_ns"] == [MISSING, 90]
    assert found["host_released_by"] == [MISSING, 0]


def test_a_call_that_returns_at_once_did_not_block():
    found = of(
        "k 0-100 @0; s9 nccl 100-200 @1; call cudaStreamSynchronize 205-215; k 300-310 @290; s9 nccl 310-320 @291"
    )
    assert found["host_ns"] == [MISSING, 290]
    assert found["host_released_by"] == [MISSING, MISSING]


def test_waiting_for_data_is_told_apart_from_the_hosts_own_time():
    loader = "range enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__ 110-260"
    found = of(f"k 0-100 @0; s9 nccl 100-110 @1; {loader}; k 300-310 @290; s9 nccl 310-320 @291")
    assert (found["host_ns"][1], found["data_ns"][1]) == (140, 150)


def test_without_a_launch_a_collective_could_begin_when_it_did():
    found = of("k 0-100 @0; s9 nccl 100-110 @1; k 110-150 @2; s9 nccl 150-160")
    assert found["launched_ns"] == [1, MISSING]
    assert found["compute_ns"] == [MISSING, MISSING]
    assert (found["released_by"][1], found["device_ns"][1]) == (0, 40)


def test_collectives_without_any_compute_follow_their_launches():
    found = of("s9 nccl 100-110 @1; s9 nccl 200-210 @190")
    assert found["resumed_ns"] == [1, 190]
    assert found["device_ns"] == found["tail_ns"] == [0, 0]


def test_without_collectives_there_is_nothing():
    assert of("k 0-100 @0")["behind"] == []
