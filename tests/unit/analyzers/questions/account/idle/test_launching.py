from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.account.idle.launching import nothing_pending
from literal import literal

from .told import facts, remedies, told


def launches(count, every=20000, first=0, stream=7):
    """Kernels that are launched at even times, begin 5,000 later and take 1,000."""
    return [
        f"s{stream} k {first + i * every + 5000}-{first + i * every + 6000} @{first + i * every}" for i in range(count)
    ]


def queued(count, first):
    """Kernels that are launched each before the one before it has ended."""
    return [f"k {first + i * 1000 + 5000}-{first + i * 1000 + 6000} @{first + i * 1000}" for i in range(count)]


def causes(*text):
    return {cause for cause, *_ in told(literal("\n".join(text)))}


def test_a_host_that_launches_one_after_the_other_while_the_device_runs_dry_is_the_limit():
    trace = literal("\n".join(launches(12)))
    assert told(trace)[:2] == [("launch_bound", 6000, 20000), ("queued", 20000, 25000)]
    assert {cause for cause, *_ in told(trace)} == {"launch_bound", "queued"}
    words = "100.0 % of 11 launches found the device idle; the one before came"
    assert facts(trace, "launch_bound") == [(words, 20000, "earlier")] * 11


def test_an_empty_side_stream_says_nothing_while_another_stream_computes():
    # Each copy finds its own stream empty, and the device busy. Of 64 launches the two behind a gap find it idle.
    busy = [f"s7 k {i * 10000 + 5000}-{i * 10000 + 15000} @{i * 10000}" for i in range(30)]
    copies = [f"s9 h2d {i * 10000 + 8000}-{i * 10000 + 9000} @{i * 10000 + 6000}" for i in range(30)]
    late = [f"k {i * 20000 + 5000}-{i * 20000 + 6000} @{i * 20000}" for i in (16, 17)]
    assert causes(*busy, *copies, *late) == {"host_unobserved", "queued"}
    assert "launch_bound" in causes(*busy, *copies, *launches(8, first=320000))


def test_of_few_launches_nothing_is_said():
    # The first was launched before the window, which begins with the first operation.
    assert causes(*launches(11)) == {"host_unobserved", "queued"}
    assert causes(*launches(12)) == {"launch_bound", "queued"}


@pytest.mark.parametrize(("gap", "cause"), [(199999, "launch_bound"), (200000, "host_unobserved")])
def test_a_gap_in_which_the_host_did_not_launch_as_always_is_not(gap, cause):
    trace = literal(
        "\n".join((*launches(20), f"k {19 * 20000 + gap + 5000}-{19 * 20000 + gap + 6000} @{19 * 20000 + gap}"))
    )
    assert [row[0] for row in told(trace) if row[1] == 19 * 20000 + 6000] == [cause]


@pytest.mark.parametrize(("gap", "cause"), [(199_999, "launch_bound"), (200_000, "host_unobserved")])
def test_launches_that_waited_for_room_are_not_the_threads_pace(gap, cause):
    # Twelve launches every 20 us; then the host is ahead, and thirty launches wait 500 us for room each.
    text, since = launches(12), 240_000
    for i in range(30):
        at = since + i * 500_000
        text += [
            f"k {at + 5000}-{at + 505_000} @{at}-{at + 490_000}",
            f"overhead {at}-{at + 489_000} Command Buffer Full",
        ]
    end = since + 30 * 500_000 + 5000
    last = [f"k {end + i * 20_000 + 5000}-{end + i * 20_000 + 6000} @{end + i * 20_000}" for i in range(1, 12)]
    at = end + 11 * 20_000 + gap
    trace = literal("\n".join((*text, *last, f"k {at + 5000}-{at + 6000} @{at}")))
    assert [row[0] for row in told(trace) if row[1] == end + 11 * 20_000 + 6000] == [cause]


def test_a_millisecond_between_launches_is_not_launching():
    assert causes(*launches(20, every=999_999)) == {"launch_bound", "queued"}
    assert causes(*launches(20, every=1_000_000)) == {"host_unobserved", "queued"}


@pytest.mark.parametrize(("many", "cause"), [(82, "launch_bound"), (83, "host_unobserved")])
def test_a_tenth_of_the_launches_must_have_found_nothing_pending(many, cause):
    # In the window eight find an empty stream, and so does the first of those that follow each other.
    trace = literal("\n".join((*launches(9, every=9000), *queued(many, 81000))))
    assert [row[0] for row in told(trace) if row[1] == 6000] == [cause]


def test_a_stream_is_empty_from_the_end_of_its_last_operation_on():
    trace = literal(
        "k 0-100 @0; k 100-200 @100; k 200-300 @199; s8 k 250-300 @210; k 300-400 @299 t2; k 400-500 @400 t2"
    )
    assert nothing_pending(trace).tolist() == [True, True, False, True, False, True]


def test_work_of_one_launch_is_not_pending_for_the_rest_of_it():
    trace = literal("k 0-100 @0 graph=1.1 launch=9; k 100-200 graph=1.2 launch=9; k 200-300 @150")
    assert nothing_pending(trace).tolist() == [True, True, False]


def test_time_between_launches_in_which_the_host_waited_says_nothing_of_its_pace():
    # Pairs of launches 1,000 apart; the host waits and computes for 5 ms in between: not its pace.
    text = []
    for i in range(20):
        at = i * 5_000_000
        text += [f"k {at + 5000}-{at + 9000} @{at}", f"k {at + 9000}-{at + 12000} @{at + 1000}"]
        text += [f"call cudaDeviceSynchronize {at + 2000}-{at + 12500}"]
    assert causes(*text) == {"host_unobserved", "queued"}


def test_launches_for_another_device_are_the_threads_pace_too():
    text = [*launches(12), *(f"gpu1 {line}" for line in launches(12, first=10000, stream=9))]
    assert told(literal("\n".join(text)))[0] == ("launch_bound", 6000, 20000)


def test_the_optimizer_is_named_where_it_launches_one_by_one():
    text, step = launches(120), "range Optimizer.step#Adam.step 0-2500000"
    usual = {"CUDA graphs, torch.compile, or fewer, larger operations"}
    one_by_one = {"update parameters together (foreach=True or fused=True in the optimizer)"}
    fused = [line + " name=multi_tensor_apply_kernel" for line in text]
    assert remedies(literal("\n".join(text)), "launch_bound") == usual
    assert remedies(literal("\n".join((*text, step))), "launch_bound") == one_by_one
    assert remedies(literal("\n".join((*fused, step))), "launch_bound") == usual
    assert remedies(literal("\n".join((*launches(99), step))), "launch_bound") == usual
