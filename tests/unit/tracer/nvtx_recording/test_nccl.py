"""What NCCL's ranges say: which operations a thread launched when, and which ranks a communicator has."""

from __future__ import annotations

import numpy as np

from gpu_trace.nvtx_recording.nccl import Launch, Member, Operation, launches, members, ranks_of
from gpu_trace.nvtx_recording.payloads import Payloads
from gpu_trace.nvtx_recording.records import EVENT, ProcessRanges, Texts

ONE, OTHER = 0xAB, 0xCD
COMMUNICATOR, BYTES = "NCCL communicator ID", "Message size [bytes]"


def ranges(*calls, domain: str = "NCCL") -> ProcessRanges:
    """Ranges ``(thread, start, end, name, what its payload says)``."""
    opening = np.zeros(len(calls), EVENT)
    strings, said = {1: domain}, []
    for row, (thread, start, _, name, values) in enumerate(calls):
        number = next((number for number, text in strings.items() if text == name), len(strings) + 1)
        strings[number] = name
        opening[row]["thread"], opening[row]["at_ns"] = thread, start
        opening[row]["name"], opening[row]["domain"] = number, 1
        if values:
            said.append(Payloads(np.array([row]), {key: [value] for key, value in values.items()}))
    end_ns = np.array([call[2] for call in calls], dtype=np.int64)
    return ProcessRanges(1, opening, end_ns, np.ones(len(calls), bool), Texts(strings), 0, said)


def said(communicator: int, size: int) -> dict[str, int]:
    return {COMMUNICATOR: communicator, BYTES: size}


def test_calls_are_numbered_in_each_communicator():
    calls = ranges(
        (7, 0, 5, "ncclAllReduce", said(ONE, 100)),
        (8, 1, 4, "ncclAllGather", said(OTHER, 10)),
        (8, 6, 9, "ncclBroadcast", said(ONE, 4)),
    )
    assert launches([calls]) == [
        Launch(7, 0, 5, (Operation("AllReduce", ONE, 100, 0),)),
        Launch(8, 1, 4, (Operation("AllGather", OTHER, 10, 0),)),
        Launch(8, 6, 9, (Operation("Broadcast", ONE, 4, 1),)),
    ]


def test_what_is_called_in_a_group_is_launched_at_the_end_of_the_outermost():
    calls = ranges(
        (7, 0, 1, "ncclGroupStart", {}),
        (7, 2, 3, "ncclSend", said(ONE, 8)),
        (7, 4, 5, "ncclGroupStart", {}),
        (9, 4, 5, "ncclAllReduce", said(OTHER, 1)),
        (7, 6, 7, "ncclRecv", said(ONE, 16)),
        (7, 8, 9, "ncclGroupEnd", {}),
        (7, 10, 20, "ncclGroupEnd", {}),
        (7, 30, 40, "ncclReduce", said(ONE, 2)),
    )
    pair = (Operation("Send", ONE, 8, -1), Operation("Recv", ONE, 16, -1))
    assert launches([calls]) == [
        Launch(9, 4, 5, (Operation("AllReduce", OTHER, 1, 0),)),
        Launch(7, 10, 20, pair),
        Launch(7, 30, 40, (Operation("Reduce", ONE, 2, 0),)),
    ]


def test_older_versions_say_the_bytes_alone():
    [launch] = launches([ranges((7, 0, 5, "ncclAllReduce", {BYTES: 100}))])
    assert launch.operations == (Operation("AllReduce", 0, 100, -1),)


def test_ranges_of_others_are_not_those_of_nccl():
    assert launches([ranges((7, 0, 5, "ncclAllReduce", said(ONE, 100)), domain="mine")]) == []


def test_a_communicator_has_the_ranks_that_all_its_members_say():
    init = {"No. of ranks": 2, "CUDA device": 0}
    of_rank = {
        5: ranges((1, 0, 9, "ncclCommInitRankConfig", {COMMUNICATOR: ONE, **init, "Rank": 1})),
        2: ranges(
            (1, 0, 9, "ncclCommInitRank", {COMMUNICATOR: ONE, **init, "Rank": 0}),
            (1, 10, 19, "ncclCommDestroy", {COMMUNICATOR: OTHER, **init, "Rank": 0}),
            (1, 20, 29, "ncclCommSplit", {COMMUNICATOR: 9, **init, "Rank": 0}),
        ),
    }
    told = {rank: members([program]) for rank, program in of_rank.items()}
    assert told[5] == {Member(ONE, 2, 1)}
    assert ranks_of(told, {5: 8, 2: 8}) == {ONE: [2, 5]}


def test_a_communicator_of_all_ranks_has_those_of_other_machines_too():
    init = {"No. of ranks": 4, "CUDA device": 0}
    told = {
        rank: members(
            [
                ranges(
                    (1, 0, 9, "ncclCommInitRank", {COMMUNICATOR: ONE, **init, "Rank": rank}),
                    (1, 10, 19, "ncclCommInitRank", {COMMUNICATOR: OTHER, **init, "No. of ranks": 3, "Rank": 0}),
                )
            ]
        )
        for rank in (2, 3)
    }
    assert ranks_of(told, {2: 4, 3: 4}) == {ONE: [0, 1, 2, 3]}
    assert ranks_of(told, {2: None, 3: None}) == {}
