"""Whether some ranks launch the kernels that most others do."""

from dataclasses import replace

import numpy as np
import pytest

from gpu_trace_analyzers.job.compared.alike import Alike
from gpu_trace_analyzers.job.compared.matched_job import Job
from gpu_trace_analyzers.job.compared.same_kernels import launched
from gpu_trace_analyzers.job.kept.tables import Steps
from gpu_trace_analyzers.model import MISSING

from ..jobs import job


def beside(*ranks, mine=(0,)):
    """Of these ranks, each with (kernels, digest) of its steps."""
    kept = job([None] * len(ranks), [("g", 0, rank, 1, 5) for rank in range(len(ranks))]).kept
    rows = [(rank, step, *each) for rank, steps in enumerate(ranks) for step, each in enumerate(steps)]
    columns = dict(zip(("rank", "step", "kernels", "kernels_digest"), zip(*rows, strict=True), strict=True))
    found = Job(replace(kept, steps=Steps.of(columns)))
    return launched(Alike(found), np.isin(np.arange(len(ranks)), mine))


A, B, UNKNOWN = (10, 111), (12, 222), (10, MISSING)


def test_the_same_in_every_step():
    assert beside([A, B], [A, B], [A, B]) == (11, 11, True)


def test_others_in_every_step():
    assert beside([B, B], [A, A], [A, A]) == (12, 10, False)


def test_what_differs_in_some_steps_says_nothing():
    assert beside([A, B], [A, A], [A, A]) is None


def test_where_others_do_not_agree_nothing_is_compared():
    assert beside([A], [A], [B], [(10, 333)]) is None
    assert beside([A, A], [A, A], [B, A], [(10, 333), A]) == (10, 10, True)


def test_others_are_those_that_are_not_asked_about():
    assert beside([B], [B], [A], [A], [A], mine=(0, 1)) == (12, 10, False)
    assert beside([A], [B], [A], [A], mine=(0, 1)) is None


@pytest.mark.parametrize("ranks", [([UNKNOWN], [A], [A]), ([A], [UNKNOWN], [UNKNOWN]), ([A],), ([], [A], [A])])
def test_what_is_not_known_says_nothing(ranks):
    assert beside(*ranks) is None


def test_no_rank_without_steps_is_spoken_of():
    assert beside([A], [], [A], [A], mine=(0, 1)) is None
