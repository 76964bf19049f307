from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.job.kept.histogram import bucket_of, least_ns


@given(st.integers(0, (1 << 62) - 1))
def test_a_length_is_in_the_bucket_that_begins_at_or_before_it(ns):
    bucket = int(bucket_of(np.array([ns]))[0])
    assert least_ns(bucket) <= ns < least_ns(bucket + 1)


@given(st.integers(16, (1 << 62) - 1))
def test_a_bucket_is_at_most_an_eighth_of_its_length_wide(ns):
    bucket = int(bucket_of(np.array([ns]))[0])
    assert 8 * (least_ns(bucket + 1) - least_ns(bucket)) <= least_ns(bucket)


def test_buckets_are_numbered_without_gaps():
    every = [*range(16), *(16 + (ns - 16) // 2 for ns in range(16, 32)), *[24] * 4, *[25] * 4]
    assert bucket_of(np.arange(40)).tolist() == every
