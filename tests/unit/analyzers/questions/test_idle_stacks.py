"""What the host did in idle time: every sample in it counts once, in the functions of its stack."""

from __future__ import annotations

from collections import Counter

from hypothesis import given

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.account.owners import owned
from gpu_trace_analyzers.questions.idle_stacks import idle_stacks
from gpu_trace_analyzers.questions.overlap import active_devices
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.vocabulary.losses import Owner
from literal import literal
from strategies import traces

TWO = "k 0-10 @0; k 1000-1010 @1000"
"""An idle gap from 10 to 1000, for which thread 1 is late."""


def stacks(text):
    return idle_stacks(Scope(literal(text)))


def functions(trace, row):
    """Path, line, samples and own samples of each function."""
    paths, tree = [], row.tree
    for caller, name in zip(tree.caller.tolist(), tree.name.tolist(), strict=True):
        paths.append((() if caller == MISSING else paths[caller]) + (trace.text(name),))
    numbers = zip(paths, tree.line.tolist(), tree.samples.tolist(), tree.own.tolist(), strict=True)
    return [("/".join(path), *counts) for path, *counts in numbers]


def test_samples_count_by_the_instants_inside_idle_time():
    trace = literal(f"{TWO}; sample 9-20 f@a.py:1; sample 10-20 f@a.py:1; sample 999-1100 f@a.py:1; sample 1000-1100")
    (row,) = idle_stacks(Scope(trace))
    assert (row.samples, row.without_stack, row.launches) == (2, 0, True)


def test_a_function_is_one_whichever_of_its_lines_called():
    trace = literal(
        f"""{TWO}
        sample 100-200 main@/u/a.py:9|load@/u/a.py:30|read@/u/b.py:5
        sample 200-300 main@/u/a.py:9|load@/u/a.py:31|read@/u/b.py:5
        sample 300-400 main@/u/a.py:8|load@/u/a.py:31
        sample 400-500 main@/u/a.py:9|read@/u/b.py:5
        """
    )
    (row,) = idle_stacks(Scope(trace))
    assert sorted(functions(trace, row)) == [
        ("main", 9, 4, 0),
        ("main/load", 31, 3, 1),
        ("main/load/read", 5, 2, 2),
        ("main/read", 5, 1, 1),
    ]
    assert row.tree.of_user.all()


def test_the_stack_of_a_forked_process_is_without_that_of_its_parent():
    lib = "/e/lib/python3.11/multiprocessing/process.py"
    trace = literal(f"{TWO}; sample 20-30 main@/u/a.py:1|BaseProcess._bootstrap@{lib}:3|work@/u/a.py:9")
    (row,) = idle_stacks(Scope(trace))
    assert functions(trace, row) == [("BaseProcess._bootstrap", 3, 1, 0), ("BaseProcess._bootstrap/work", 9, 1, 1)]


def test_files_of_packages_are_not_the_users():
    trace = literal(f"{TWO}; sample 20-30 f@/u/a.py:1|g@/e/lib/python3.11/site-packages/torch/b.py:2")
    (row,) = idle_stacks(Scope(trace))
    assert row.tree.of_user.tolist() == [True, False]


def test_a_stack_that_could_not_be_read_counts_and_has_no_function():
    (row,) = stacks(f"{TWO}; sample 20-30; sample 30-40")
    assert (row.samples, row.without_stack, len(row.tree.own)) == (2, 2, 0)


def test_the_threads_that_launch_come_first_and_threads_without_a_sample_in_idle_time_are_left_out():
    rows = stacks(
        f"{TWO}; sample 20-30 t2 f@a.py:1; sample 30-40 t2 f@a.py:1; sample 20-30 f@a.py:1; sample 0-9 t3 f@a.py:1"
    )
    assert [(row.thread.thread, row.launches, row.samples) for row in rows] == [(1, True, 1), (2, False, 2)]


def test_a_trace_without_samples_has_none():
    assert stacks(TWO) == ()


@given(traces())
def test_every_sample_in_idle_time_counts_once_in_each_function_of_its_stack(trace):
    scope = Scope(trace)
    found = {(row.device, row.thread.process, row.thread.thread): row for row in idle_stacks(scope)}
    for position in active_devices(trace):
        idle = owned(scope, position)[Owner.IDLE]
        for (process, thread), wanted in _counted(trace, idle).items():
            row = found.get((position, process, thread))
            if row is not None:  # a process that serves another device has no row
                counts = {path: (samples, own) for path, _, samples, own in functions(trace, row)}
                assert counts == wanted
                assert row.samples == row.without_stack + int(row.tree.own.sum())


def _counted(trace, idle):
    found = {}
    rows = range(len(trace.samples))
    for row in (row for row in rows if idle.covers(trace.samples.start_ns[row : row + 1])[0]):
        of = found.setdefault((int(trace.samples.process[row]), int(trace.samples.thread[row])), (Counter(), Counter()))
        path, frame = [], int(trace.samples.frame[row])
        while frame != MISSING:
            path.insert(0, frame)
            frame = int(trace.stack_frames.caller[frame])
        names = [trace.text(int(trace.stack_frames.function[each])) for each in path]
        of[0].update({"/".join(names[: i + 1]) for i in range(len(names))})
        of[1].update(["/".join(names)] if names else [])
    return {owner: {path: (n, own[path]) for path, n in inside.items()} for owner, (inside, own) in found.items()}
