from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.stacks import loader_workers, nearest, outline, runs, samples_of
from literal import literal

SITE = "/e/lib/python3.11/site-packages"
LIBRARY = "/usr/lib/python3.11"
WORKER = (
    f"main@/u/train.py:1|start@{LIBRARY}/multiprocessing/process.py:121|"
    f"BaseProcess._bootstrap@{LIBRARY}/multiprocessing/process.py:314|"
    f"_worker_loop@{SITE}/torch/utils/data/_utils/worker.py:300"
)


def places(*stacks):
    """FUNCTION@FILE:LINE of the place of each stack, and that of its innermost own frame, if it has one."""
    trace = literal("\n".join(f"sample {i}-{i + 1} {stack}" for i, stack in enumerate(stacks)))
    tree, frames = outline(trace), trace.stack_frames

    def named(row):
        text = (trace.text(int(frames.function[row])), trace.text(int(frames.file[row])))
        return None if row == MISSING else f"{text[0]}@{text[1]}:{int(frames.line[row])}"

    return [(named(tree.place[row]), named(tree.own[row])) for row in trace.samples.frame.tolist()]


@pytest.mark.parametrize(
    "file",
    [
        f"{SITE}/torch/nn/modules/module.py",
        "/usr/lib/python3/dist-packages/numpy/core.py",
        f"{LIBRARY}/threading.py",
        "/opt/conda/lib/python3.12t/json/decoder.py",
        "<frozen_runpy>",
        "<string>",
        "/e/tracer/gpu_trace/boot/script.py",
        "/tmp/torchinductor_me/ab/cab.py",
    ],
)
def test_the_line_is_that_of_the_innermost_of_the_users_files(file):
    assert places(f"main@/u/train.py:90|batches@/u/train.py:57|inner@{file}:3") == [
        ("batches@/u/train.py:57", "batches@/u/train.py:57")
    ]


@pytest.mark.parametrize("file", ["/u/train.py", "/u/lib/python/data.py", "train.py", "<stdin>", "/u/my-packages/a.py"])
def test_these_are_the_users_files(file):
    assert places(f"main@/u/main.py:1|own@{file}:7|push@{SITE}/a.py:1") == [(f"own@{file}:7", f"own@{file}:7")]


def test_a_stack_without_a_file_of_the_user_is_in_its_innermost_package():
    stack = f"_bootstrap@{LIBRARY}/threading.py:1|run@{SITE}/tqdm/monitor.py:60|wait@{LIBRARY}/threading.py:331"
    assert places(stack, "own@/u/a.py:1")[0] == (f"run@{SITE}/tqdm/monitor.py:60", None)
    assert places(f"wait@{LIBRARY}/threading.py:331", "own@/u/a.py:1")[0] == (f"wait@{LIBRARY}/threading.py:331", None)


def test_packages_are_the_users_files_where_nothing_else_is():
    stack = f"main@{SITE}/tool/cli.py:5|load@{SITE}/tool/data.py:7|read@{LIBRARY}/json.py:1"
    assert places(stack) == [(f"load@{SITE}/tool/data.py:7",) * 2]


def test_in_a_forked_process_only_what_it_called_itself_counts():
    idle, busy = f"{WORKER}|get@{LIBRARY}/multiprocessing/queues.py:113", f"{WORKER}|__getitem__@/u/train.py:30"
    assert places(idle, busy) == [
        (f"_worker_loop@{SITE}/torch/utils/data/_utils/worker.py:300", None),
        ("__getitem__@/u/train.py:30",) * 2,
    ]


def test_workers_are_those_whose_stacks_run_the_loop_of_a_worker():
    trace = literal(f"sample 0-1 t2 {WORKER}|f@/u/a.py:1; sample 0-1 t3 _worker_loop@/u/worker.py:1; sample 0-1 t4")
    assert loader_workers(trace) == ((0, 2),)


def test_functions_are_one_where_they_are_called_along_the_same_functions():
    trace = literal("""
    sample 0-1 main@/u/a.py:1|f@/u/a.py:10
    sample 1-2 main@/u/a.py:2|f@/u/a.py:11
    sample 2-3 main@/u/a.py:2|g@/u/a.py:20|f@/u/a.py:11
    """)
    function = outline(trace).function[trace.samples.frame].tolist()
    assert function[0] == function[1] != function[2]


def test_samples_of_a_thread_are_in_order():
    trace = literal("sample 0-1 t1 f@a.py:1; sample 1-2 t2 f@a.py:1; sample 5-6 t1 f@a.py:1")
    assert samples_of(trace, (0, 1)).tolist() == [0, 2]


@given(st.data())
def test_the_nearest_wanted_frame_is_found_by_climbing(data):
    count = data.draw(st.integers(0, 12))
    caller = [data.draw(st.integers(MISSING, i - 1)) for i in range(count)]
    wanted = [data.draw(st.booleans()) for _ in range(count)]

    def climb(at):
        return at if at == MISSING or wanted[at] else climb(caller[at])

    found = nearest(np.array(caller, dtype=np.int64), np.array(wanted, dtype=np.bool_))
    assert found.tolist() == [climb(at) for at in range(count)]


@given(st.lists(st.booleans()), st.integers(2, 4))
def test_runs_are_rows_that_are_joined(joins, fewest):
    rows = [[0]]
    for i, joined in enumerate(joins):
        if joined:
            rows[-1].append(i + 1)
        else:
            rows.append([i + 1])
    expected = [(row[0], row[-1]) for row in rows if len(row) >= fewest]
    assert runs(np.array(joins, dtype=np.bool_), fewest) == expected
