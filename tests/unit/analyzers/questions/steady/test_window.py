from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.model import Device, Process, Windows
from gpu_trace_analyzers.questions.account.account import account
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.questions.steady.window import SlowStep, Steady, StepKind, steady
from literal import literal
from strategies import traces


def steps(*device_ns, host_ns=1, first=0, names="k", name="step"):
    """Steps that the host enters every ``host_ns`` and that take so long on the device, one after the other."""
    lines, at = [], 1000
    for number, ns in enumerate(device_ns):
        begin, each = number * 4 * host_ns, names[number % len(names)]
        shown = name.replace("*", str(first + number))
        lines.append(f"range {shown} {begin}-{begin + 4 * host_ns}\nk {at}-{at + ns} @{begin + host_ns} name={each}")
        at += ns
    return "\n".join(lines)


def found(text, **asked):
    return steady(Scope(literal(text)), **asked)


def test_leading_slow_steps_are_left_out():
    window = found(steps(900, 300, 100, 100, 100, 100, 100, name="ProfilerStep#*", first=3))
    assert window.window == Window(2200, 2700)
    assert (window.found_by, window.steps, window.first_step, window.last_step) == ("steps", "ProfilerStep#*", 5, 9)
    assert (window.left_out_ns, window.warm_up_steps, window.warm_up_ns) == (1200, 2, 1200)
    assert window.kinds == (StepKind(5, 500, 1, 5),)


def test_host_steps_that_grow_while_the_queue_fills_cut_nothing():
    # The host: 35, 72, 96, 96, ... while each step takes 96 on the device.
    begin, lines = 0, []
    for number, host in enumerate((35, 72, 96, 96, 96, 96)):
        lines.append(f"range step {begin}-{begin + host}\nk {100 + 96 * number}-{196 + 96 * number} @{begin + 5}")
        begin += host
    window = found("\n".join(lines))
    assert (window.window, window.warm_up_steps, window.left_out_ns) == (Window(100, 676), 0, 0)


def test_lengths_that_vary_with_like_operations_are_told_not_cut():
    window = found(steps(100, 100, 700, 100, 300, 100, 100))
    assert (window.first_step, window.last_step, window.warm_up_steps) == (0, 6, 0)
    assert window.slow == (SlowStep(2, 700, 100), SlowStep(4, 300, 100))


def test_evaluation_first_is_another_kind_not_warm_up():
    window = found(steps(20, 100, 100, 20, 100, 100, 20, 100, 100, names="ett"))
    assert (window.first_step, window.warm_up_steps) == (0, 0)
    assert window.kinds == (StepKind(6, 600, 1, 1), StepKind(3, 60, 1, 0))
    assert not window.slow


def test_kinds_are_named_by_a_range_that_no_other_kind_has():
    text = steps(20, 100, 100, 20, 100, 100, 20, 100, 100, names="ett")
    names = [("evaluate", "train", "train")[n % 3] for n in range(9)]
    lines = [f"range {name} {4 * n}-{4 * n + 3}\nrange part {4 * n}-{4 * n + 2}" for n, name in enumerate(names)]
    inside = "\n".join(lines)
    assert [kind.name for kind in found(f"{text}\n{inside}").kinds] == ["train", "evaluate"]
    some = inside.replace("range evaluate 0-3", "").replace("range train 4-7", "range train 4-5")
    assert [kind.name for kind in found(f"{text}\n{some}").kinds] == ["", ""]  # not in all, or without a launch
    assert [kind.name for kind in found(steps(*[100] * 4) + "\nrange part 0-3").kinds] == [""]


def test_what_comes_before_and_after_the_steps_is_left_out():
    window = found(steps(*[100] * 4) + "\nk 0-500 @0 t2; k 1500-1900 @900 t2")
    assert (window.window, window.left_out_ns) == (Window(1000, 1400), 1900 - 400)


def test_nothing_that_repeats_is_the_whole():
    assert found("") == Steady(None, "whole", none_found=True)
    for text in ("k 0-10 @0; k 20-30 @20", "range a 0-10; k 0-10 @1"):
        window = found(text)
        assert (window.window, window.found_by, window.none_found, window.left_out_ns) == (None, "whole", True, 0)


def test_what_is_asked_for_decides():
    text = steps(900, 100, 100, 100, 100)
    whole = found(text, whole=True)
    assert (whole.window, whole.found_by, whole.first_step, whole.none_found) == (None, "whole", None, False)
    asked = found(text, steps=(0, 2))
    assert (asked.window, asked.found_by, asked.first_step, asked.last_step) == (Window(1000, 2000), "asked", 0, 1)
    assert asked.left_out_ns == 300
    assert found(text, steps=(3, 99)).last_step == 4  # as in a slice
    window = steady(Scope(literal(text), window=Window(1100, 1300)))
    assert (window.window, window.found_by, window.left_out_ns) == (Window(1100, 1300), "asked", 1300 - 200)


def test_a_range_that_is_asked_for_is_a_step():
    text = (
        steps(*[100] * 6, name="ProfilerStep#*") + "\n" + "\n".join(f"range half {8 * n}-{8 * n + 8}" for n in range(3))
    )
    window = found(text, step_range="half")
    assert (window.steps, window.first_step, window.last_step, window.found_by) == ("half", 0, 2, "steps")
    assert found(text, step_range="half", steps=(1, 2)).window == Window(1200, 1400)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"steps": (7, 9)}, r"--steps 7:9 chooses no step; the trace has steps 0 to 4 of step"),
        ({"steps": (1, 2), "whole": True}, "--steps and --whole exclude each other"),
        ({"step_range": "other"}, "no range is named 'other'"),
    ],
)
def test_what_cannot_be(asked, message):
    with pytest.raises(UsageError, match=message):
        found(steps(*[100] * 5), **asked)


def test_steps_of_a_trace_without_any():
    with pytest.raises(UsageError, match="no steps were found, and --steps needs them; name a range"):
        found("k 0-10 @0", steps=(0, 1))
    with pytest.raises(UsageError, match="choose another --step-range"):
        found("k 0-10 @0; range idle 20-30", steps=(0, 1), step_range="idle")
    with pytest.raises(UsageError, match="--steps and --from/--to exclude"):
        steady(Scope(literal(steps(1, 1, 1)), window=Window(0, 5)), steps=(0, 1))


def test_steps_of_a_cpu_are_its_ranges():
    text = "\n".join(f"range step {100 * n}-{100 * n + 100} t7\nk {100 * n + 10}-{100 * n + 90}" for n in range(4))
    scope = Scope(literal(text.replace("k 10-90", "k 10-20"), kind="cpu"))
    window = steady(scope)
    assert (window.window, window.found_by, window.steps) == (Window(10, 390), "steps", "step")
    assert steady(scope, steps=(1, 3)).window == Window(100, 300)


def test_operators_of_a_cpu_that_repeat_are_no_steps():
    text = ";".join(f"k {10 * n}-{10 * n + 9} name={'ab'[n % 2]}" for n in range(40))
    window = steady(Scope(literal(text, kind="cpu")))
    assert (window.window, window.none_found) == (None, True)


def two_ranks(one, other):
    """A job of two processes on two devices."""
    on_second = "\n".join(f"{line} t2" for line in other.splitlines()).replace("\nk ", "\ngpu1 k ")
    trace = literal(f"{one}\n{on_second}")
    work = replace(trace.work, process=trace.work.device)
    calls = replace(trace.calls, process=(trace.calls.thread == 2).astype("int16"))
    ranges = replace(trace.ranges, process=(trace.ranges.thread == 2).astype("int16"))
    return replace(trace, work=work, calls=calls, ranges=ranges, processes=(Process(1), Process(2)))


def test_one_window_of_a_job_in_which_all_are_in_steady_steps():
    one, other = steps(400, 100, 100, 100, 100), steps(450, 100, 100, 100, 100)
    trace = two_ranks(one, other)
    window = steady(Scope(trace))
    assert window.window == Window(1450, 1800)
    assert (window.first_step, window.warm_up_steps) == (1, 1)
    assert steady(Scope(trace), steps=(1, 3)).window == Window(1400, 1650)


def test_ranks_of_a_pipeline_do_different_things_in_their_steps():
    trace = two_ranks(steps(*[100] * 5, names="a"), steps(*[100] * 5, names="b"))
    assert steady(Scope(trace)).window == Window(1000, 1500)
    trace = two_ranks(steps(*[100] * 5, names="a"), steps(*[100] * 5, names="bcdef"))
    assert steady(Scope(trace)).none_found


def test_steps_of_a_helper_say_nothing_of_the_job():
    few, many = ("\n".join(f"k {n}-{n + 1} @{n} name=k{n}" for n in range(count)) for count in (9, 10))
    assert steady(Scope(two_ranks(steps(*[100] * 5), f"call a 0-1\n{few}"))).found_by == "steps"
    assert steady(Scope(two_ranks(steps(*[100] * 5), f"call a 0-1\n{many}"))).none_found


def test_steps_before_the_last_profiler_started_are_left_out():
    ms = 10**6
    collectives = [(10, 90, 100), *((100 * n, 100 * n, 100 * n + 5) for n in range(2, 6))]
    lines = ["\n".join(f"gpu{r} nccl {each[r]}00000-{each[2]}00000" for each in collectives) for r in range(2)]
    on_each = [steps(*[10 * ms] * 6) + "\n" + of_rank for of_rank in lines]
    trace = replace(
        two_ranks(*on_each),
        devices=tuple(Device("gpu", rank, rank=rank) for rank in range(2)),
        processes=tuple(Process(rank, rank=rank) for rank in range(2)),
    )
    together = Windows.of({"start_ns": [0, 0], "end_ns": [99 * ms] * 2, "process": [0, 1]})
    assert steady(Scope(replace(trace, windows=together))).first_step == 0
    apart = Windows.of({"start_ns": [0, 8 * ms], "end_ns": [99 * ms] * 2, "process": [0, 1]})
    window = steady(Scope(replace(trace, windows=apart)))
    assert (window.found_by, window.first_step, window.warm_up_steps) == ("steps", 1, 0)
    assert (window.window.start_ns, window.after_profilers_ns) == (1000 + 10 * ms, 10 * ms - 1000)


def test_unrecorded_time_is_not_left_out():
    trace = literal(steps(900, 100, 100, 100))
    windows = Windows.of({"start_ns": [0, 1500], "end_ns": [1300, 9000], "process": [0, 0]})
    assert steady(Scope(replace(trace, windows=windows))).left_out_ns == 900 - 200


@st.composite
def step_traces(draw):
    """Steps of any length and kind, and other work around."""
    lengths = draw(st.lists(st.integers(1, 40), min_size=1, max_size=12))
    names = draw(st.text("ab", min_size=1, max_size=3))
    text = steps(*lengths, names=names, host_ns=draw(st.integers(1, 400)))
    return literal(text + "\n" + draw(st.sampled_from(["", "k 0-500 @0 t2", "s8 k 1010-1700 @1 t2", "gpu1 k 1-2"])))


@given(traces() | step_traces(), st.booleans(), st.none() | st.tuples(st.integers(0, 5), st.integers(6, 9)))
def test_a_window_lies_in_the_trace_and_the_account_adds_up(trace, whole, chosen):
    scope = Scope(trace)
    try:
        found = account(scope, whole, chosen)
    except UsageError:
        assert chosen
        return
    steady = found.steady
    if steady.window is not None:
        first, last = int(trace.work.start_ns.min()), int(trace.work.end_ns.max())
        assert first <= steady.window.start_ns <= steady.window.end_ns <= last
        assert steady.left_out_ns == last - first - steady.window.span_ns
    for device in found.devices:
        assert steady.window is None or device.window_ns == steady.window.span_ns
        assert device.compute_ns + sum(loss.ns for loss in device.losses) == device.window_ns
    assert steady.found_by != "steps" or steady.first_step <= steady.last_step
    assert 0 <= steady.warm_up_ns <= steady.left_out_ns


@pytest.mark.parametrize(("until", "found_by"), [(1500, "steps"), (1501, "whole")])
def test_launches_that_repeat_for_a_small_part_may_be_the_layers_of_one_step(until, found_by):
    layers = ";".join(f"k {at}-{at + 50} @{at} name={'ab'[at // 50 % 2]}" for at in range(0, 500, 50))
    window = found(f"{layers}; k {until + 499}-{until + 500} @{until + 499} name=z")
    assert window.found_by == found_by
