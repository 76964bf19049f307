"""Launches without work, and work without a launch; what is captured into a graph is neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from gpu_trace_analyzers.model import MISSING, Process
from gpu_trace_analyzers.questions.unmatched import Unmatched, lost_launches, unmatched
from literal import literal
from strategies import traces


def found(text: str) -> Unmatched:
    trace = literal(text)
    return unmatched(trace)


def test_a_whole_recording_lost_nothing():
    assert found("k 10-20 @1; d2h 20-30 @2; call cudaDeviceSynchronize 3-30; call cudaEventRecord 2-3") == Unmatched()


@pytest.mark.parametrize("name", ["cudaLaunchKernel", "cudaLaunchKernelExC", "cuLaunchKernel", "cudaGraphLaunch"])
def test_a_launch_whose_work_is_not_there(name):
    assert found(f"k 10-20 @1; call {name} 2-3; call {name} 4-5") == Unmatched(launches=2, after_last=2)


@pytest.mark.parametrize(
    ("text", "lost", "after_last"),
    [
        ("k 10-110 @0; call cudaLaunchKernel 50-51", 1, 1),
        ("k 10-110 @0; call cudaLaunchKernel 50-51; k 120-130 @60; call cudaLaunchKernel 70-71", 2, 1),
        ("k 10-110 @50; call cudaLaunchKernel 0-1", 1, 0),
        ("k 10-110 @50 t1; call cudaLaunchKernel 50-51 t2", 1, 0),  # both began at once
        ("k 10-110 @50 t1; call cudaLaunchKernel 40-60 t2", 1, 0),  # it began before, and ended later
        ("k 10-110; call cudaLaunchKernel 50-51", 1, 0),  # nothing says when the recorded work was launched
    ],
)
def test_launches_after_the_last_recorded_one(text, lost, after_last):
    trace = literal(text)
    counted = unmatched(trace)
    assert (counted.launches, counted.after_last) == (lost, after_last)


def test_another_process_says_nothing_of_when_the_recording_ended():
    trace = literal("k 10-110 @0; call cudaLaunchKernel 50-51; k 120-130 @60")
    calls = replace(trace.calls, process=np.array([0, 0, 1], dtype=np.int16))
    work = replace(trace.work, process=np.array([0, 1], dtype=np.int16))
    trace = replace(trace, processes=trace.processes * 2, calls=calls, work=work)
    assert unmatched(trace) == Unmatched(launches=1, after_last=1)


def test_nothing_is_said_of_work_of_a_process_without_calls():
    trace = literal("k 10-20 @1; k 20-30; k 30-40")
    work = replace(trace.work, process=np.array([0, 0, 1], dtype=np.int16))
    assert unmatched(replace(trace, processes=trace.processes * 2, work=work)) == Unmatched(work=1)


def test_work_that_was_launched_before_the_recording_began():
    assert found("k 10-20; d2h 20-30; k 30-40 @25") == Unmatched(work=2)


def test_without_the_calls_of_the_host_nothing_is_said():
    assert found("k 10-20; d2h 20-30") == Unmatched()


def test_launches_into_a_graph_are_no_launches_yet():
    text = """
        k 50-60 @40
        call cudaStreamBeginCapture 10-11 t1; call cudaLaunchKernel 12-13 t1; call cudaLaunchKernel 14-15 t1
        call cudaLaunchKernel 14-15 t2; call cudaStreamEndCapture 16-17 t1; call cudaLaunchKernel 18-19 t1
    """
    assert found(text).launches == 2  # that of the other thread, and the one after the capture


def test_a_recording_without_any_device_work_lost_all_of_it():
    assert found("call cudaLaunchKernel 2-3; call cudaLaunchKernel 4-5") == Unmatched(launches=2)


def test_a_capture_that_began_before_the_recording():
    text = """
        k 50-60 @40
        call cudaStreamEndCapture 6-7 t1; call cudaStreamBeginCapture 10-11 t1; call cudaLaunchKernel 12-13 t1
        call cudaStreamEndCapture 16-17 t1
    """
    assert found(text) == Unmatched()


@pytest.mark.parametrize("sign", ["call cudaStreamSynchronize 20-21 t1", "k 50-60 @20 t1", "h2d 50-60 @20 t1"])
def test_a_capture_without_its_end_reaches_no_further_than_what_no_capture_has(sign):
    text = f"""
        call cudaStreamBeginCapture 10-11 t1; call cudaLaunchKernel 12-13 t1; call cudaLaunchKernel 14-15 t1
        {sign}; call cudaLaunchKernel 30-31 t1
    """
    assert found(text).launches == 1


@pytest.mark.parametrize("sign", ["call cudaDeviceSynchronize 4-5 t1", "k 50-60 @4 t1"])
def test_nor_does_one_without_its_beginning(sign):
    text = f"""
        call cudaLaunchKernel 2-3 t1; {sign}
        call cudaLaunchKernel 6-7 t1; call cudaStreamEndCapture 8-9 t1; call cudaLaunchKernel 10-11 t1
    """
    assert found(text).launches == 2


def test_a_recording_that_ends_within_a_capture_lost_nothing():
    text = """
        k 50-60 @2 t1; call cudaStreamBeginCapture 10-11 t1; call cudaLaunchKernel 12-13 t1
        k 60-70 @14 t2; call cudaLaunchKernel 16-17 t1
    """
    assert found(text) == Unmatched()


def test_captures_nest():
    text = """
        call cudaStreamBeginCapture 2-3 t1; call cudaStreamBeginCaptureToGraph 4-5 t1; call cudaLaunchKernel 6-7 t1
        call cudaStreamEndCapture 8-9 t1; call cudaLaunchKernel 10-11 t1; call cudaStreamEndCapture 12-13 t1
        call cudaLaunchKernel 14-15 t1
    """
    assert found(text).launches == 1


@given(traces())
def test_work_against_a_count_by_hand(trace):
    calls = {(int(p), int(c)) for p, c in zip(trace.calls.process, trace.calls.correlation, strict=True)}
    processes = {process for process, _ in calls}
    lost = sum(
        trace.devices[work.device].kind == "gpu"
        and int(work.process) in processes
        and (int(work.correlation) == MISSING or (int(work.process), int(work.correlation)) not in calls)
        for work in (_Row(trace.work, i) for i in range(len(trace.work)))
    )
    assert unmatched(trace).work == lost


class _Row:
    def __init__(self, table, i: int) -> None:
        self.device, self.process, self.correlation = table.device[i], table.process[i], table.correlation[i]


@pytest.mark.parametrize("seed", range(50))
def test_lost_launches_of_many_processes_against_a_count_by_hand(seed):
    trace = literal("; ".join(f"s7 k {20 * i}-{20 * i + 5} @{20 * i}" for i in range(40)))
    calls, work = trace.calls, trace.work
    of_calls = [(seed * 7 + i * i) % 5 for i in range(40)]
    of_work = [(process + (i % (seed % 7 + 2) == 0)) % 6 - 1 for i, process in enumerate(of_calls)]
    several = replace(
        trace,
        processes=tuple(Process(pid) for pid in range(5)),
        calls=replace(calls, process=np.array(of_calls, calls.process.dtype)),
        work=replace(work, process=np.array(of_work, work.process.dtype)),
    )
    ran = set(zip(of_work, work.correlation.tolist(), strict=True))
    launched = zip(of_calls, calls.correlation.tolist(), strict=True)
    expected = [not {(process, correlation), (MISSING, correlation)} & ran for process, correlation in launched]
    assert lost_launches(several).tolist() == expected


def test_what_was_launched_before_the_end_of_a_capture_that_began_earlier_was_captured():
    text = "call cudaLaunchKernel 2-3 t1; call cudaStreamEndCapture 6-7 t1; call cudaLaunchKernel 8-9 t1; k 50-60 @40"
    assert found(text) == Unmatched(launches=1)
