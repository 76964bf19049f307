"""Which kernel is of which call of NCCL, and what its row then says."""

from __future__ import annotations

import json

import numpy as np

from gpu_trace.cupti_recording.records import RECORD, ActivityKind, RecordedActivities
from gpu_trace.nvtx_recording.nccl import Launch, Operation
from gpu_trace.recording.collectives import arguments

BASE_NS = 1_790_857_026_000_000_000
NAMES = {1: "ncclDevKernel_AllReduce_Sum_f32_RING_LL(x)", 2: "gemm"}
ONE = 0xAB


def activities(*launched: tuple[int, int, int, int]) -> RecordedActivities:
    """For each ``(thread, start, correlation, name)`` a call and the kernel that it launched."""
    records = np.zeros(2 * len(launched), RECORD)
    for row, (thread, start, correlation, name) in enumerate(launched):
        call, kernel = records[2 * row], records[2 * row + 1]
        call["kind"], call["thread"], kernel["kind"], kernel["name"] = (
            ActivityKind.DRIVER,
            thread,
            ActivityKind.CONCURRENT_KERNEL,
            name,
        )
        for record in (call, kernel):
            record["start_ns"], record["end_ns"], record["correlation"] = BASE_NS + start, BASE_NS + start, correlation
    return RecordedActivities(records, NAMES)


def launch(thread: int, start: int, end: int, *operations: Operation) -> Launch:
    return Launch(thread, BASE_NS + start, BASE_NS + end, operations)


def told(work: RecordedActivities, *own: Launch, groups=None) -> dict[int, dict]:
    found = arguments(work, own, groups or {})
    return {correlation: json.loads("{" + text + "}") for correlation, text in found.items()}


def test_a_kernel_is_of_the_call_that_its_thread_was_in():
    work = activities((7, 10, 1, 1), (7, 20, 2, 1), (8, 10, 3, 1), (7, 11, 4, 2))
    own = (
        launch(7, 9, 15, Operation("AllReduce", ONE, 64, 0)),
        launch(7, 15, 20, Operation("AllReduce", ONE, 32, 1)),
        launch(8, 9, 15, Operation("AllGather", ONE, 8, 2)),
    )
    assert told(work, *own, groups={ONE: [0, 2]}) == {
        correlation: {
            "Collective name": name,
            "Process Group Name": "0x00000000000000ab",
            "Process Group Ranks": [0, 2],
            "Group size": 2,
            "Seq": sequence,
            "bytes": size,
        }
        for correlation, name, sequence, size in ((1, "AllReduce", 0, 64), (3, "AllGather", 2, 8))
    }


def test_of_operations_launched_as_one_the_sum_is_told():
    send, receive = Operation("Send", ONE, 64, -1), Operation("Recv", ONE, 16, -1)
    own = launch(7, 0, 9, send, receive, send)
    assert told(activities((7, 1, 1, 1)), own) == {
        1: {"Collective name": "Send+Recv", "Process Group Name": "0x00000000000000ab", "bytes": 144}
    }


def test_what_cannot_be_told_apart_is_not_told():
    one, other = Operation("AllReduce", ONE, 64, 3), Operation("AllReduce", ONE + 1, 64, 3)
    assert told(activities((7, 1, 1, 1)), launch(7, 0, 9, one, other)) == {}
    several = told(activities((7, 1, 1, 1), (7, 2, 2, 1)), launch(7, 0, 9, one))
    assert list(several) == [1, 2]
    assert several[1] == several[2] == {"Collective name": "AllReduce", "Process Group Name": "0x00000000000000ab"}
    assert told(activities((7, 1, 1, 1)), launch(7, 0, 9)) == {}


def test_without_a_communicator_the_bytes_are_told():
    own = launch(7, 0, 9, Operation("AllReduce", 0, 64, -1))
    assert told(activities((7, 1, 1, 1)), own) == {1: {"Collective name": "AllReduce", "bytes": 64}}
