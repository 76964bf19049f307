from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.questions.steady.marks import marks
from literal import literal


def loop(times, *ranges, kernels=4):
    """``times`` iterations of 100 ns; ``ranges`` as (name, from, to) in each; a ``*`` in a name is the iteration.

    Kernels are launched 10, 20, ... ns after the beginning of the iteration.
    """
    lines = []
    for number in range(times):
        at = 100 * number
        lines += [f"k {at + 15 + 10 * n}-{at + 20 + 10 * n} @{at + 10 + 10 * n} name=k{n}" for n in range(kernels)]
        lines += [f"range {name.replace('*', str(number))} {at + low}-{at + high}" for name, low, high in ranges]
    return "\n".join(lines)


def found(text, step_range=None):
    marked = marks(Scope(literal(text)), step_range)
    return marked and (marked.name, len(marked.rows), marked.between)


def test_steps_of_the_profiler_come_first():
    text = loop(4, ("ProfilerStep#*", 0, 100), ("iteration", 1, 99), ("Optimizer.step#SGD.step", 30, 99))
    assert found(text) == ("ProfilerStep#*", 4, False)


def test_one_step_of_the_profiler_is_not_a_series():
    assert found(loop(1, ("ProfilerStep#*", 0, 100))) is None


@pytest.mark.parametrize(("name", "shown"), [("work", "work"), ("iter_*", "iter_*"), ("it=*", "it=*")])
def test_a_range_that_repeats(name, shown):
    assert found(loop(4, (name, 0, 100))) == (shown, 4, False)


def test_two_instances_do_not_repeat():
    assert found(loop(2, ("work", 0, 100))) is None


def test_a_range_that_launches_half_of_the_work_says_nothing_of_steps():
    assert found(loop(4, ("forward", 0, 29))) is None
    assert found(loop(4, ("forward", 0, 39))) == ("forward", 4, False)


def test_exactly_half_of_the_launches_are_not_most():
    assert found(loop(4, ("forward", 0, 30))) is None  # launches at 10 and 20 of 10, 20, 30, 40


def test_the_one_with_more_launches_and_of_equals_the_one_with_more_instances():
    assert found(loop(6, ("body", 0, 39), ("all", 0, 50))) == ("all", 6, False)
    outer = "\n".join(f"range outer {200 * n}-{200 * n + 200}" for n in range(3))
    assert found(loop(6, ("inner", 0, 100)) + "\n" + outer) == ("inner", 6, False)


def test_names_that_say_that_they_are_steps_come_before_epochs_and_layers():
    epochs = "\n".join(f"range epoch_{n} {200 * n}-{200 * n + 200}" for n in range(3))
    text = loop(6, ("train_step", 0, 45), ("a_layer", 5, 25), ("a_layer", 25, 45))
    assert found(f"{text}\n{epochs}") == ("train_step", 6, False)


def test_a_range_that_nests_in_itself_is_none():
    assert found(loop(4, ("module", 0, 100), ("module", 5, 40))) is None


def test_ranges_of_operators_collectives_and_loaders_are_parts_of_steps():
    for name in ("nccl:all_reduce", "FSDP::all_gather", "enumerate(DataLoader)#_Single.__next__"):
        assert found(loop(4, (name, 0, 100))) is None


def test_ranges_of_libraries_are_none():
    trace = literal(loop(4, ("work", 0, 100)))
    strings = (*trace.strings, "cuDNN")
    ranges = replace(trace.ranges, domain=trace.ranges.domain * 0 + len(strings) - 1)
    assert marks(Scope(replace(trace, strings=strings, ranges=ranges))) is None


def test_ranges_without_launches_are_no_steps():
    assert found(loop(5, ("work", 0, 100)) + "\nrange work 600-700\nrange work 700-701")[1] == 5


def test_a_range_on_a_thread_that_launches_nothing_is_none():
    text = loop(4) + "\n" + "\n".join(f"range step {100 * n}-{100 * n + 100} t2" for n in range(4))
    assert found(text) is None


def test_optimizer_steps_mark_what_is_between_them():
    assert found(loop(5, ("Optimizer.step#SGD.step", 35, 60))) == ("Optimizer.step#SGD.step", 5, True)


def test_optimizer_steps_between_which_little_was_launched_are_none():
    other = "\n".join(f"k {1000 + n}-{1001 + n} @{900 + n}" for n in range(30))
    assert found(loop(5, ("Optimizer.step#SGD.step", 35, 60)) + "\n" + other) is None


def test_a_name_that_is_asked_for():
    text = loop(5, ("step", 0, 100), ("forward", 0, 29), ("outer", 0, 100), ("outer", 5, 40))
    assert found(text, "forward") == ("forward", 5, False)
    assert found(text, "outer") == ("outer", 5, False)  # without those inside
    with pytest.raises(UsageError, match="no range is named 'nothing'"):
        found(text, "nothing")
