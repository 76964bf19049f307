"""What is not answered, and what just is."""

from __future__ import annotations

import numpy as np
import pytest

from gpu_trace_analyzers.dependencies.edges import HostUses
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.whatif import refusals
from gpu_trace_analyzers.whatif.schedule import Times
from gpu_trace_analyzers.whatif.window import part
from known import measured, model, nothing_known
from literal import literal, microseconds
from measured_gpus import on
from what_ifs import MS

ONE = "range measured 0-100; k 0-100 @0"


@pytest.mark.parametrize(("replay_us", "refused"), [(99, False), (101, False), (98.9, True), (101.1, True)])
def test_a_replay_that_misses_the_time_by_more_than_a_hundredth(replay_us, refused):
    reason = refusals.misfit(measured(ONE), int(replay_us * 1000))
    assert reason.startswith("the model does not fit this run: the recorded time is 1.1 % off") == refused
    assert bool(reason) == refused


@pytest.mark.parametrize(
    ("work", "reason"),
    [
        ("k 10-20 @1", ""),
        ("h2d 10-20 @1; d2h 10-20 @2; p2p 10-20 @3; d2d 20-30 @4; memset 30-40 @5", ""),
        ("k 10-20 @1 graph=1.1", "CUDA graphs ran"),
        ("gpu1 k 10-20 @1", "several GPUs computed"),
        ("gpu1 p2p 10-20 @1", ""),
        ("nccl 10-20 @1", "collectives ran"),
        ("unknown 10-20 @1", "operations of unknown kind ran"),
    ],
)
def test_work_that_the_model_has_no_rule_for(work, reason):
    found = refusals.not_modeled(measured("range measured 0-100; k 0-10 @0;" + work))
    assert found.startswith(reason)
    assert bool(found) == bool(reason)


def test_work_of_a_cpu():
    chosen = part(literal(ONE, kind="cpu"), "measured")
    assert refusals.not_modeled(chosen).startswith("the operations ran on a CPU")


@pytest.mark.parametrize(("start", "refused"), [(98, False), (97, True)])
def test_kernels_that_ran_at_once(start, refused):
    # The second kernel begins before the first has ended; together they take 100 us.
    chosen = measured(f"range measured 0-200; s7 k 0-100 @0; s8 k {start}-100 @1")
    assert ("several kernels ran at once for 3.0 %" in refusals.not_modeled(chosen)) == refused


def test_a_copy_beside_a_kernel_and_a_short_kernel_of_another_device_do_not_run_at_once():
    chosen = measured("range measured 0-200; s7 k 0-100 @0; s8 h2d 0-100 @1; gpu1 k 0-1 @2")
    assert refusals.not_modeled(chosen) == ""


@pytest.mark.parametrize(("unknown_us", "refused"), [(5, False), (6, True)])
def test_operations_whose_reads_and_writes_are_not_known(unknown_us, refused):
    chosen = measured(f"range measured 0-200; k 0-{100 - unknown_us} @0; k {100 - unknown_us}-100 @1")
    known = nothing_known(chosen.rows, known=np.array([True, False]))
    assert refusals.unknown_share(chosen, known) == unknown_us / 100
    assert ("is unknown for 6.0 % of the device time" in refusals.not_known(chosen, known)) == refused


@pytest.mark.parametrize(("blocks", "refused"), [(50, True), (51, False)])
def test_kernels_of_which_two_would_fit_on_the_device(blocks, refused):
    kernels = "; ".join(f"k {n}11-{n + 1}10 @{n} grid=[{blocks},1,1] block=[1024,1,1]" for n in range(1, 4))
    chosen = part(on(literal(microseconds("range measured 0-500;" + kernels)), multiprocessors=100), "measured")
    reason = refusals.shared(model(chosen))
    assert reason.startswith("kernels that fill a part of the GPU could run at once") == refused
    assert refusals.shared(model(chosen, (0, 1), (1, 2))) == ""


@pytest.mark.parametrize(
    ("gain_ms", "half_ms", "refused"),
    [
        (32, 3.2, False),  # a tenth of the gain
        (32, 3.3, True),
        (2, 1.32, False),  # a hundredth of the time, where the gain is small
        (2, 1.33, True),
        (-8, 1.32, False),  # no gain
        (-8, 1.33, True),
    ],
)
def test_a_gain_between_ends_too_far_apart(gain_ms, half_ms, refused):
    gains = [round((gain_ms + off) * MS) for off in (0, -half_ms, half_ms)]
    assert bool(refusals.uncertain(gains, 132 * MS)) == refused


def test_the_ends_are_told():
    told = "the gain is between 12.0 ms and 52.0 ms, which is too wide to act on"
    assert refusals.uncertain([32 * MS, 12 * MS, 52 * MS], 132 * MS) == told


@pytest.mark.parametrize(("clock_ms", "refused"), [(105, False), (106, True), (96, False), (95, True)])
def test_a_recorded_run_that_is_not_the_one_that_was_timed(clock_ms, refused):
    reason = refusals.another_run(clock_ms * MS, 100 * MS)
    assert reason.startswith("the time by the clock is") == refused


@pytest.mark.parametrize(("own_ms", "refused"), [(11, False), (12, True)])
def test_a_host_that_holds_up_more_than_a_tenth_of_a_shorter_time(own_ms, refused):
    times = Times(np.array([own_ms * MS]), np.array([(own_ms + 100) * MS]), np.array([MISSING]), (own_ms + 100) * MS, 0)
    assert refusals.host_bound(times, 200 * MS).startswith("nothing but the host holds up") == refused
    assert refusals.host_bound(times, times.total_ns) == ""  # nothing is gained
    assert refusals.host_bound(times, 200 * MS, excused_ns=MS) == ""  # of the device, which was busy with earlier work


RESULTS = """
range measured 0-2000
k 20-220 @10; d2h 230-330 @20 size=4000; call cudaStreamSynchronize 30-340
op argmax 350-400
k 420-620 @410; d2h 630-730 @420 size=4000; call cudaDeviceSynchronize 430-740
"""


def test_results_that_the_host_could_read_later():
    uses = HostUses(np.array([350_000]), np.array([1]), np.ones(1, np.int8))
    results = model(RESULTS, (0, 1), (2, 3), host_uses=uses)
    told = "the time is 700.0 µs if the host reads results when it does now, and 540.0 µs if a step late"
    assert refusals.read_later(results) == f"{told}, and whether what it launches next depends on them is not known"
    carried = np.array([False, True, False, False])
    assert refusals.read_later(model(RESULTS, (0, 1), (2, 3), host_uses=uses, carried=carried)) == ""
