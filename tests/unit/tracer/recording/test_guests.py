"""In whose trace are the ranges of a process that has none of its own?"""

from __future__ import annotations

import numpy as np

from gpu_trace.nvtx_recording.records import EVENT, ProcessRanges, Texts
from gpu_trace.recording.assemble import ProcessLeft, _guests
from gpu_trace.recording.kineto_text import KinetoText
from gpu_trace.recording.notes import Notes
from gpu_trace.stack_sampling.records import CALL, ROW, SampledProcess


def process(pid: int, parent: int, recorded: bool = False) -> ProcessLeft:
    ranges = ProcessRanges(pid, np.zeros(1, EVENT), np.zeros(1, np.int64), np.ones(1, bool), Texts(parents=[parent]), 0)
    return ProcessLeft(pid, Notes(""), [KinetoText(b"", b"")] if recorded else [], [], [ranges], [], [])


def sampled(pid: int, parent: int) -> ProcessLeft:
    """One without ranges, whose stacks were sampled."""
    stacks = SampledProcess(np.zeros(1, ROW), np.zeros(1, CALL), {})
    return ProcessLeft(pid, Notes(""), [], [], [], [], [], sampled=stacks, started_by=parent)


def homes(*processes: ProcessLeft) -> dict[int, list[int]]:
    return {host: [guest.pid for guest in guests] for host, guests in _guests(list(processes)).items()}


def test_a_worker_is_where_the_rank_is_that_started_it():
    ranks = [process(10, 1, recorded=True), process(20, 1, recorded=True)]
    assert homes(*ranks, process(11, 10), process(21, 20), process(22, 20)) == {10: [11], 20: [21, 22]}


def test_stacks_of_a_worker_without_ranges_are_where_the_rank_is_that_started_it():
    ranks = [process(10, 1, recorded=True), process(20, 1, recorded=True)]
    assert homes(*ranks, sampled(21, 20), sampled(22, 21)) == {20: [21, 22]}


def test_a_grandchild_is_where_its_nearest_recorded_ancestor_is():
    assert homes(process(10, 1, recorded=True), process(11, 10), process(12, 11)) == {10: [11, 12]}


def test_an_orphan_is_with_the_first():
    assert homes(process(10, 1, recorded=True), process(20, 1, recorded=True), process(31, 1)) == {10: [31]}


def test_processes_that_name_each_other_as_parents_end_nowhere():
    assert homes(process(10, 1, recorded=True), process(11, 12), process(12, 11)) == {10: [11, 12]}


def test_without_any_trace_there_is_no_place():
    assert homes(process(11, 10)) == {}
