from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from executions import run
from gpu_trace_analyzers.dependencies.execution_trace import execution_trace_of
from gpu_trace_analyzers.dependencies.find import dependencies
from gpu_trace_analyzers.model import MISSING
from literal import literal


def test_an_operation_waits_for_what_wrote_what_it_reads():
    assert run("""
        mm(x, x) -> a : k
        relu(a) -> b : k
    """).edges == {(0, 1, "READS")}


def test_independent_operations_wait_for_nothing():
    assert run("""
        mm(x, x) -> a : k
        mm(x, x) -> b : k
        copy_(h@cpu!, a) : d2h
    """).edges == {(0, 2, "READS")}


def test_what_overwrites_waits_for_those_that_read():
    assert run("""
        relu(a) -> b : k
        relu(a) -> c : k
        zero_(a!) : k
        relu(a) -> d : k
    """).edges == {(0, 2, "OVERWRITES_READ"), (1, 2, "OVERWRITES_READ"), (2, 3, "READS")}


def test_what_overwrites_waits_for_what_wrote():
    assert run("""
        zero_(a!) : k
        copy_(a!, b) : k
    """).edges == {(0, 1, "OVERWRITES")}


def test_what_changes_in_place_reads_it():
    assert run("""
        zero_(a!) : k
        add_(a!, b) : k
        mul_(a!, 2) : k
    """).edges == {(0, 1, "READS"), (1, 2, "READS")}


def test_a_result_in_memory_that_was_given_does_not_read_it():
    assert run("""
        zero_(a!) : k
        add(b, c, out=a!) : k
    """).edges == {(0, 1, "OVERWRITES")}


@pytest.mark.parametrize("name", ["copy_", "fill_", "zero_", "normal_", "_foreach_copy_", "_foreach_zero_"])
def test_operators_that_do_not_read_what_they_write(name):
    assert run(f"""
        relu(x) -> a : k
        {name}(a!, b) : k
    """).edges == {(0, 1, "OVERWRITES")}


def test_lists_of_tensors_are_read_and_written():
    assert run("""
        relu(x) -> a : k
        relu(x) -> b : k
        relu(x) -> c : k
        _foreach_add_([a, b]!, [c]) : k k
        relu(b) -> d : k
    """).edges == {(before, after, "READS") for before, after in {(0, 3), (1, 3), (2, 3), (3, 4), (2, 4), (4, 5)}}


def test_two_devices_have_one_order_of_memory():
    assert run("""
        relu(x) -> a : k
        copy_(b@1!, a) : gpu0 p2p
        relu(b) -> c@1 : k
    """).edges == {(0, 1, "READS"), (1, 2, "READS")}


def test_contents_have_their_memory_and_their_uses():
    contents = run("""
        relu(x) -> a : k
        copy_(h@cpu[0:4]!, a[4:8]) : d2h
        relu(x) -> b=a : k
        empty() -> c@1
        zero_(c!) : k
        empty() -> d
    """).dependencies.contents
    columns = (contents.size, contents.device, contents.first, contents.last, contents.made)
    assert sorted(zip(*(column.tolist() for column in columns), strict=True)) == [
        (16, -1, 1, 1, 0),
        (32, 0, 0, 1, 1),
        (32, 0, 0, 2, 0),
        (32, 0, 2, 2, 1),
        (32, 1, 3, 3, 1),
    ]


def test_what_was_made_before_the_rows_is_not_made_among_them():
    made = run("""
        empty() -> a
        zero_(a!) : k
        relu(a) -> b : k
        empty() -> c
        add_(b!, c) : k
    """)
    known = dependencies(made.trace, made.rows[1:], made.execution)
    assert (known.edges.before.tolist(), known.edges.after.tolist()) == ([0], [1])
    contents = zip(known.contents.first.tolist(), known.contents.made.tolist(), strict=True)
    assert sorted(contents) == [(0, 0), (0, 1), (1, 1)]


def test_what_is_made_in_the_first_operator_is_made_among_the_rows():
    contents = run("""
        outer(x) -> a
            empty() -> w
            add_(w!, x) : k
    """).dependencies.contents
    assert sorted(contents.made.tolist()) == [0, 1]


def test_no_rows_have_no_dependencies():
    made = run("relu(x) -> a : k")
    known = dependencies(made.trace, made.rows[:0], made.execution)
    assert (len(known.rows), len(known.edges), len(known.contents), len(known.host_uses)) == (0, 0, 0, 0)


def test_of_parts_that_are_not_told_the_size_is_unknown():
    made = run("relu(x) -> a : k")
    document = json.loads(made.json)
    for node in document["nodes"]:
        del node["inputs"]["strides"], node["outputs"]["strides"]
    known = dependencies(made.trace, made.rows, execution_trace_of(json.dumps(document).encode(), "et.json"))
    assert known.contents.size.tolist() == [MISSING, MISSING]


def test_of_an_operator_whose_arguments_have_another_form_nothing_is_known():
    made = run("relu(x) -> a : k")
    document = json.loads(made.json)
    for node in document["nodes"]:
        node["inputs"]["values"] = None
    known = dependencies(made.trace, made.rows, execution_trace_of(json.dumps(document).encode(), "et.json"))
    assert known.known.tolist() == [False]


def test_without_operators_nothing_is_known():
    made = run("relu(x) -> a : k\nrelu(a) -> b : k")
    bare = replace(made.trace, operators=made.trace.operators[:0])
    known = dependencies(bare, made.rows, made.execution)
    assert known.known.tolist() == [False, False]
    assert (known.edges.before.tolist(), known.edges.after.tolist()) == ([0], [1])


def test_work_whose_launch_is_not_known_keeps_its_place():
    execution = run("relu(x) -> a : k").execution
    (number,) = execution.nodes
    text = f"op aten::relu 10-30 rf={number}; k 100-110 @20; k 110-120; k 120-130 @40; call cudaDeviceSynchronize 30-35"
    known = dependencies(literal(text), np.arange(3), execution)
    assert known.known.tolist() == [True, False, False]
    edges = zip(known.edges.before.tolist(), known.edges.after.tolist(), strict=True)
    assert list(edges) == [(0, 1), (1, 2)]
