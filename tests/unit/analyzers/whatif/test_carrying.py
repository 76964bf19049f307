"""Time that the host holds up by what it must compute there."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_trace_analyzers.dependencies.edges import HostUses
from gpu_trace_analyzers.whatif.carrying import held_by_needed_ns
from known import model

STEP = """
range measured 0-3000
k 20-320 @10; d2h 330-430 @20 size=4000; call cudaStreamSynchronize 30-440
op sub_ 450-850
h2d 910-1010 @900; k 1020-1320 @910; call cudaDeviceSynchronize 920-1330
"""
"""The second copy is launched 60 us after the update of the host has ended, and takes 10 us to start."""


def read_at(*at_us):
    return HostUses(np.array(at_us) * 1000, np.full(len(at_us), 1), np.ones(len(at_us), np.int8))


@pytest.mark.parametrize(
    ("carrying_us", "held_us"),
    [
        ([450], 400),
        ([500], 400),  # an operator that it calls
        ([], 0),
        ([1400], 0),
        ([850], 0),  # one that begins as it ends
    ],
)
def test_of_the_time_between_two_operations(carrying_us, held_us):
    found = model(STEP, (0, 1), (2, 3), host_uses=read_at(450), carrying_ns=np.array(carrying_us, np.int64) * 1000)
    assert held_by_needed_ns(found) == held_us * 1000


def test_not_what_it_computes_while_the_device_works():
    # The update is of an earlier result, so that it is hidden: the copy back comes later than it.
    text = STEP.replace("op sub_ 450-850", "").replace("k 20-320 @10", "k 20-320 @10; op sub_ 12-18")
    found = model(text, (0, 1), (2, 3), carrying_ns=np.array([12_000]))
    assert held_by_needed_ns(found) == 0
