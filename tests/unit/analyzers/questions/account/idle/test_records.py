from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpu_trace_analyzers.model import Ranges
from gpu_trace_analyzers.vocabulary.own_ranges import DOMAIN, GARBAGE_COLLECTION
from literal import literal

from .told import facts, told

GAP = "k 0-1000 @0; k 91000-92000 @90000"
"""A gap from 1,000 on, whose work is launched at 90,000."""
REST = ("queued", 90000, 91000)
LOADER = "enumerate(DataLoader)#_SingleProcessDataLoaderIter.__next__"


def unobserved(*times):
    return [("host_unobserved", *time) for time in times]


@pytest.mark.parametrize(
    ("held", "cause"),
    [
        (f"range {LOADER} 20000-50000", "waiting_for_data"),
        ("range __next__ 20000-50000", "waiting_for_data"),
        ("range IteratorGetNext 20000-50000", "waiting_for_data"),
        ("call cudaMalloc 20000-50000", "allocating"),
        ("call cudaFree 20000-50000", "allocating"),
        ("call cudaHostAlloc 20000-50000", "allocating"),
        ("call cudaHostRegister 20000-50000", "allocating"),
        ("call cuMemMap 20000-50000", "allocating"),
        ("call cuLibraryLoadData 20000-50000", "start_up"),
        ("call cuModuleLoadDataEx 20000-50000", "start_up"),
        ("overhead 20000-50000", "profiler"),
    ],
)
def test_the_part_of_a_gap_in_which_the_host_was_held_has_that_cause(held, cause):
    expected = [*unobserved((1000, 20000)), (cause, 20000, 50000), *unobserved((50000, 90000)), REST]
    assert told(literal(f"{GAP}; {held}")) == expected


@pytest.mark.parametrize(
    "other",
    [
        f"range {LOADER} 20000-50000 t2",  # a producer's thread
        f"range {LOADER} 20000-50000 process",  # of no thread
        "range next_batch 20000-50000",
        "range my.__next__.helper 20000-50000",
        "call cudaMalloc 20000-50000 t2",
        "call cudaMallocAsync 20000-50000",  # from a pool
        "call cudaMemGetInfo 20000-50000",
        "range gc 20000-50000",
        f"range {GARBAGE_COLLECTION.replace(' ', '_')} 20000-50000",
        "range garbage_collection 20000-50000",
    ],
)
def test_what_does_not_hold_the_launching_thread_is_no_cause(other):
    assert told(literal(f"{GAP}; {other}")) == [*unobserved((1000, 90000)), REST]


def test_records_while_the_device_is_busy_or_after_the_launch_are_no_cause():
    trace = literal(f"{GAP}; range {LOADER} 100-900; call cudaMalloc 90200-90900")
    assert told(trace) == [*unobserved((1000, 90000)), REST]


def test_a_record_counts_from_the_start_of_the_gap_and_to_the_launch():
    trace = literal(f"{GAP}; range {LOADER} 0-95000")
    assert told(trace) == [("waiting_for_data", 1000, 90000), REST]


def test_waiting_for_data_comes_before_what_happens_inside_it():
    trace = literal(f"{GAP}; range {LOADER} 20000-50000; call cudaHostAlloc 30000-60000")
    assert told(trace) == [
        *unobserved((1000, 20000)),
        ("waiting_for_data", 20000, 50000),
        ("allocating", 50000, 60000),
        *unobserved((60000, 90000)),
        REST,
    ]
    assert facts(trace, "waiting_for_data") == [(f"the host was in {LOADER}", 30000, "")]
    assert facts(trace, "allocating") == [("the host was in cudaHostAlloc", 30000, "")]


def named(trace, number, name, domain=None):
    """The trace with another name, and a domain, for one of its ranges."""
    strings = (*trace.strings, name, domain or "")
    columns = {column: getattr(trace.ranges, column).copy() for column in Ranges.columns()}
    columns["name"][number] = len(strings) - 2
    if domain:
        columns["domain"][number] = len(strings) - 1
    return replace(trace, strings=strings, ranges=Ranges(**columns))


def test_a_collection_of_garbage_on_any_thread_holds_the_process():
    trace = named(literal(f"{GAP}; range x 20000-50000 t9"), 0, GARBAGE_COLLECTION, DOMAIN)
    expected = [*unobserved((1000, 20000)), ("garbage_collection", 20000, 50000), *unobserved((50000, 90000)), REST]
    assert told(trace) == expected
    assert facts(trace, "garbage_collection") == [("Python collected garbage", 30000, "")]


def test_a_range_of_that_name_in_no_domain_is_the_users():
    trace = named(literal(f"{GAP}; range x 20000-50000"), 0, GARBAGE_COLLECTION)
    assert told(trace) == [*unobserved((1000, 90000)), REST]


def overhead(trace, name):
    """The trace with this name for its overheads."""
    return replace(
        trace,
        strings=(*trace.strings, name),
        overheads=replace(trace.overheads, name=np.full(len(trace.overheads), len(trace.strings), np.int32)),
    )


def test_the_time_in_which_a_launch_waited_for_room_is_no_overhead():
    trace = overhead(literal(f"{GAP}; overhead 20000-50000"), "Command Buffer Full")
    assert told(trace) == [*unobserved((1000, 90000)), REST]


def test_code_loaded_in_a_call_of_the_launching_thread_is_start_up():
    trace = overhead(
        literal(f"{GAP}; call cudaFuncGetAttributes 20000-50000; overhead 21000-49000"), "Lazy Function Loading"
    )
    assert told(trace) == [*unobserved((1000, 21000)), ("start_up", 21000, 49000), *unobserved((49000, 90000)), REST]
    assert facts(trace, "start_up") == [("CUDA loaded code on its first use", 28000, "")]


@pytest.mark.parametrize(
    "call", ["call cudaFuncGetAttributes 20000-50000 t2", "call cudaFuncGetAttributes 20000-48000"]
)
def test_code_loaded_in_no_call_of_it_is_not(call):
    trace = overhead(literal(f"{GAP}; {call}; overhead 21000-49000"), "Lazy Function Loading")
    assert told(trace) == [*unobserved((1000, 90000)), REST]


def test_the_profiler_in_another_process_is_no_cause():
    trace = literal(f"{GAP}; overhead 20000-50000")
    trace = replace(trace, overheads=replace(trace.overheads, process=np.array([-1], np.int16)))
    assert told(trace) == [*unobserved((1000, 90000)), REST]


def test_threads_have_their_own_records():
    trace = literal(
        "k 0-1000 @0; k 91000-92000 @90000; k 191000-192000 @190000 t2\n"
        "call cudaMalloc 20000-30000 t2; call cudaMalloc 40000-50000; call cudaMalloc 120000-130000 t2"
    )
    assert [row for row in told(trace) if row[0] == "allocating"] == [
        ("allocating", 40000, 50000),
        ("allocating", 120000, 130000),
    ]
