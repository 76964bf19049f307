"""Quantiles of the lengths of operations are those of the buckets that hold them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.job.kept.histogram import bucket_of
from gpu_trace_analyzers.job.kept.tables import Lengths
from gpu_trace_analyzers.reports.job.lengths import OperationLengths, operation_lengths
from job_answers import healthy, nothing


def test_each_engine_has_a_row_the_most_time_first():
    assert list(operation_lengths(healthy())) == [
        OperationLengths("compute", 100, 2909, 10, 10, 96),
        OperationLengths("collective", 7, 84, 12, 12, 12),
    ]


def test_there_may_be_no_operation():
    assert list(operation_lengths(nothing())) == []


@given(st.lists(st.integers(0, 10**12), min_size=1))
def test_a_quantile_is_at_most_an_eighth_below_the_exact_one(ns):
    buckets = bucket_of(np.array(ns))
    rows = {"engine": np.zeros(len(ns), int), "bucket": buckets, "count": np.ones(len(ns), int), "ns": ns}
    (found,) = operation_lengths(replace(healthy(), lengths=Lengths.of(rows)))
    for percent, quantile in ((50, found.median_ns), (90, found.p90_ns), (99, found.p99_ns)):
        exact = sorted(ns)[-(-len(ns) * percent // 100) - 1]
        assert quantile <= exact <= quantile + quantile / 8
