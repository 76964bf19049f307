from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.intervals import Intervals
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.account.in_time import in_time
from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.overlap import active_devices
from gpu_trace_analyzers.questions.recorded import recorded
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.readers import load
from literal import literal
from strategies import traces, windows


@given(traces(), st.none() | windows)
def test_every_nanosecond_has_one_owner_and_each_loss_all_of_its_time(trace, window):
    scope = Scope(trace, window=None if window is None else Window(*window))
    for position in active_devices(trace):
        account = account_of(scope, position)
        found = in_time(scope, position)
        ns = found.end_ns - found.start_ns
        assert (ns > 0).all()
        assert (found.start_ns[1:] >= found.end_ns[:-1]).all()
        assert Intervals.of(found.start_ns, found.end_ns) == recorded(scope, position)
        assert ns[found.loss == MISSING].sum() == account.compute_ns
        for number, loss in enumerate(account.losses):
            own = found.loss == number
            assert (ns[own].sum(), np.count_nonzero(own)) == (loss.ns, loss.count)


def test_stretches_follow_each_other_with_what_they_are():
    trace = literal("k 0-10; d2h 15-25 @1-2; k 30-40")
    (account,) = Analysis(trace).account.devices
    found = in_time(Scope(trace), 0)
    named = [account.losses[loss].owner.value if loss != MISSING else "compute" for loss in found.loss.tolist()]
    assert list(zip(found.start_ns.tolist(), found.end_ns.tolist(), named, strict=True)) == [
        (0, 10, "compute"),
        (10, 15, "idle"),
        (15, 25, "copy"),
        (25, 30, "idle"),
        (30, 40, "compute"),
    ]


@pytest.mark.parametrize("name", ["ddp_rank0", "mlp_overlap", "seed_blocking", "mxnet_two_workers"])
def test_of_a_recorded_trace_it_is_that_of_the_steady_window(name, recorded):
    analysis = Analysis(load(recorded(name)))
    for account in analysis.account.devices:
        found = analysis.account_in_time(account.device)
        ns = found.end_ns - found.start_ns
        assert int(ns.sum()) == account.window_ns
        of_each = [int(ns[found.loss == number].sum()) for number in range(len(account.losses))]
        assert of_each == [loss.ns for loss in account.losses]
        worst = account.losses[0].evidence if account.losses else None
        assert worst is None or (worst.start_ns, worst.end_ns) in zip(
            found.start_ns[found.loss == 0].tolist(), found.end_ns[found.loss == 0].tolist(), strict=True
        )
