"""For how long before its end each collective had the device alone, on literal traces: times are in µs."""

import numpy as np

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.job.kept.exposed import exposed
from gpu_trace_analyzers.job.kept.one_rank import OneRank
from gpu_trace_analyzers.model import MISSING, Engine
from gpu_trace_analyzers.readers.base.building import Strings
from tests.literal import literal, microseconds


def of(text):
    trace, strings = literal(microseconds(text)), Strings()
    found = exposed(OneRank(Analysis(trace)), np.flatnonzero(trace.work.engine == Engine.COLLECTIVE), strings)
    causes = [tuple(strings)[code] if code != MISSING else None for code in found["exposed_cause"].tolist()]
    return [(ns // 1000, cause) for ns, cause in zip(found["exposed_ns"].tolist(), causes, strict=True)]


def test_it_is_exposed_from_the_end_of_compute():
    assert of("k 0-50 @0; s9 nccl 10-90 @1; k 90-100 @2") == [(40, "compute_waited")]


def test_one_that_is_hidden_is_not():
    assert of("k 0-100 @0; s9 nccl 10-90 @1") == [(0, None)]


def test_only_the_last_stretch_counts():
    assert of("k 0-20 @0; s9 nccl 10-90 @1; k 40-60 @2; k 90-100 @3") == [(30, "compute_waited")]


def test_one_that_ends_beside_compute_is_not_exposed_at_its_end():
    assert of("k 0-20 @0; s9 nccl 10-90 @1; k 80-100 @2") == [(0, None)]


def test_of_two_at_once_the_first_to_begin_has_the_device():
    assert [ns for ns, _ in of("s9 nccl 0-50 @0; s10 nccl 20-80 @1")] == [50, 30]


def test_without_collectives_there_is_nothing():
    assert of("k 0-10 @0") == []
