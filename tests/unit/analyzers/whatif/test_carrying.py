"""Time that the host holds up by what it must compute there."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_trace_analyzers.dependencies.edges import Carrying, HostUses
from gpu_trace_analyzers.whatif.carrying import _needed, held_by_needed_ns
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


def carrying(*at_us, reader=2):
    return Carrying(np.array(at_us, np.int64) * 1000, np.full(len(at_us), reader))


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
    found = model(STEP, (0, 1), (2, 3), host_uses=read_at(450), carrying=carrying(*carrying_us))
    assert held_by_needed_ns(found) == held_us * 1000


def test_not_what_it_computes_while_the_device_works():
    # The update is of an earlier result, so that it is hidden: the copy back comes later than it.
    text = STEP.replace("op sub_ 450-850", "").replace(
        "@20 size=4000; call cudaStreamSynchronize 30", "@160 size=4000; {}"
    )
    text = text.format("op sub_ 12-152; call cudaStreamSynchronize 170")
    found = model(text, (0, 1), (2, 3), carrying=carrying(12, reader=1))
    assert _needed(found, np.arange(4)).total_ns == 140_000
    assert held_by_needed_ns(found) == 0


TWO_UPDATES = """
range measured 0-3000
k 20-320 @10; d2h 330-430 @20 size=4000; call cudaStreamSynchronize 30-440
op sub_ 450-650; op sub_ 650-850
h2d 910-1010 @900; k 1020-1320 @910; h2d 1330-1430 @920; call cudaDeviceSynchronize 930-1440
"""


@pytest.mark.parametrize(("readers", "held_us"), [((2, 2), 400), ((2, 4), 200), ((4, 2), 200), ((4, 4), 0)])
def test_what_only_later_launches_need_it_could_compute_later(readers, held_us):
    # By data the copy that is launched last does not wait for the kernel, so that it is on no critical path.
    both = Carrying(np.array([450, 650]) * 1000, np.array(readers))
    found = model(TWO_UPDATES, (0, 1), (2, 3), host_uses=read_at(450), carrying=both)
    assert held_by_needed_ns(found) == held_us * 1000
