from __future__ import annotations

from dataclasses import replace

from gpu_trace_analyzers.model import Windows
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.questions.steady.steps import found_steps
from literal import literal

AHEAD = "\n".join(
    # The host enters a step every 10 ns; a step takes 100 ns on the device.
    f"range step {10 * n}-{10 * n + 10}\nk {50 + 100 * n}-{150 + 100 * n} @{10 * n + 5}"
    for n in range(5)
)
DRAINED = "\n".join(
    # In each step the host launches after 20 ns and waits for the device.
    f"range step {100 * n}-{100 * n + 90}\nk {30 + 100 * n}-{80 + 100 * n} @{20 + 100 * n}"
    for n in range(4)
)


def spans(trace, step_range=None):
    trace = literal(trace) if isinstance(trace, str) else trace
    steps = found_steps(Scope(trace), step_range).steps
    return list(zip(steps.number.tolist(), steps.start_ns.tolist(), steps.end_ns.tolist(), strict=True))


def test_a_step_is_from_its_first_operation_to_that_of_the_next():
    assert spans(AHEAD) == [(n, 50 + 100 * n, 150 + 100 * n) for n in range(5)]


def test_where_the_device_is_done_before_the_range_ends_the_range_says_where_a_step_begins():
    assert spans(DRAINED) == [(0, 0, 100), (1, 100, 200), (2, 200, 300), (3, 300, 390)]


def test_one_operation_that_outlives_its_range_and_the_device_decides():
    assert spans(DRAINED.replace("k 130-180", "k 130-191")) == [
        (0, 30, 130),
        (1, 130, 230),
        (2, 230, 330),
        (3, 330, 380),
    ]


def test_the_first_operation_is_the_one_launched_first_not_the_one_that_ran_first():
    text = "\n".join(
        f"range step {10 * n}-{10 * n + 10}\ns7 k {50 + 100 * n}-{140 + 100 * n} @{10 * n + 2}\n"
        f"s8 h2d {20 + 100 * n}-{30 + 100 * n} @{10 * n + 4}"
        for n in range(4)
    )
    assert spans(text)[:2] == [(0, 50, 150), (1, 150, 250)]


def test_steps_never_overlap_even_if_a_stream_is_behind():
    found = spans(AHEAD.replace("k 250-350", "s9 k 460-470"))
    assert found[1:] == [(1, 150, 460), (2, 460, 460), (3, 460, 460), (4, 460, 550)]


def test_numbers_are_those_of_the_profiler_and_ranges_without_launches_keep_theirs():
    assert [number for number, *_ in spans(AHEAD.replace("range step 20-30", "range step 20-21"))] == [0, 1, 3, 4]
    text = "\n".join(
        f"range ProfilerStep#{n + 7} {10 * n}-{10 * n + 10}\nk {50 + n}-{51 + n} @{10 * n}" for n in range(3)
    )
    assert [number for number, *_ in spans(text)] == [7, 8, 9]


def test_between_optimizer_steps_there_is_one_step_less():
    text = "\n".join(
        f"k {50 + 100 * n}-{140 + 100 * n} @{10 * n + 2}\nk {140 + 100 * n}-{150 + 100 * n} @{10 * n + 6}\n"
        f"range Optimizer.step#SGD.step {10 * n + 5}-{10 * n + 10}"
        for n in range(4)
    )
    assert spans(text) == [(0, 140, 240), (1, 240, 340), (2, 340, 440)]


def test_a_pause_of_the_recording_belongs_to_no_step():
    trace = literal(AHEAD)
    windows = Windows.of({"start_ns": [0, 340], "end_ns": [320, 900], "process": [0, 0]})
    assert spans(replace(trace, windows=windows))[2] == (2, 250, 350)
    apart = literal(AHEAD.replace("k 350-450", "k 355-450"))
    windows = Windows.of({"start_ns": [0, 355], "end_ns": [350, 900], "process": [0, 0]})
    assert spans(replace(apart, windows=windows))[2] == (2, 250, 350)


def test_without_ranges_the_launches_may_repeat():
    text = "\n".join(f"k {10 * n}-{10 * n + 5} @{10 * n} name={'abc'[n % 3]}" for n in range(18))
    assert spans(text) == [(n, 30 * n, 30 * n + 30) for n in range(5)] + [(5, 150, 175)]


def test_nothing_at_all():
    assert found_steps(Scope(literal(""))) is None
    assert found_steps(Scope(literal("k 0-10 @0; range step 0-10; range step 20-30"))) is None
