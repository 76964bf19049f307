from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from executions import run
from gpu_trace_analyzers.dependencies.execution_trace import execution_trace_of
from gpu_trace_analyzers.dependencies.find import dependencies
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.questions.launches import launches
from literal import literal


def pairs(edges):
    return {(before, after) for before, after, _ in edges}


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


class TestMemoryThatIsGivenOutAgain:
    def test_is_no_dependency(self):
        assert run("""
            mm(x, x) -> a : k
            relu(a) -> b : k
            mm(x, x) -> c=a : k
            relu(c) -> d : k
        """).edges == {(0, 1, "READS"), (2, 3, "READS")}

    def test_by_an_operator_that_launches_nothing(self):
        assert run("""
            mm(x, x) -> a : k
            empty() -> b=a
            copy_(b!, x) : d2d
            relu(b) -> c : k
        """).edges == {(1, 2, "READS")}

    def test_by_an_operator_around_the_one_that_writes_it(self):
        assert run("""
            mm(x, x) -> a : k
            pow(x) -> b=a
                copy_(b!, x) : d2d
            relu(b) -> c : k
        """).edges == {(1, 2, "READS")}

    def test_by_an_operator_around_and_by_one_inside_it(self):
        assert run("""
            mm(x, x) -> a : k
            to(x) -> b=a
                empty() -> b
                copy_(b!, x) : d2d
            relu(b) -> c : k
        """).edges == {(1, 2, "READS")}

    def test_twice_in_one_operator(self):
        # What the first one left is read before the second one is made.
        assert run("""
            linear(x) -> c
                mm(x, x) -> a : k
                relu(a) -> b : k
                mm(b, b) -> c=a : k
            relu(c) -> d : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (2, 3, "READS")}

    def test_twice_around_the_operator_that_writes_it(self):
        assert run("""
            outer(x) -> c=a
                mm(x, x) -> a : k
                relu(a) -> b : k
                to(b) -> c=a
                    copy_(c!, b) : d2d
            relu(c) -> d : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (2, 3, "READS")}

    def test_as_an_argument_that_grew(self):
        assert run("""
            mm(x, x) -> a : k
            mm(x, x, out=o[0:0]!) -> c=a : k
            relu(c) -> d : k
        """).edges == {(1, 2, "READS")}

    def test_but_not_by_an_operator_that_reads_it(self):
        # An accumulator that an operator keeps to itself, and returns.
        assert run("""
            zero_(a!) : k
            collect(x) -> a
                add_(a!, x) : k
        """).edges == {(0, 1, "READS")}

    def test_but_not_by_an_operator_without_schema(self):
        assert run("""
            zero_(a!) : k
            ?collect(x) -> a
                copy_(a!, x) : k
        """).edges == {(0, 1, "OVERWRITES")}

    def test_but_not_by_one_of_others_which_may_keep_it(self):
        assert run("""
            zero_(a!) : k
            lib::buffer() -> a
            relu(a) -> b : k
            lib::collect(b) -> a : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (0, 2, "OVERWRITES")}

    def test_but_not_by_one_that_gives_a_tensor_other_memory(self):
        assert run("""
            zero_(a!) : k
            set_(x!, s) -> a
            relu(a) -> b : k
        """).edges == {(0, 1, "READS")}


class TestViews:
    def test_that_do_not_overlap_are_independent(self):
        assert run("""
            zero_(a[0:4]!) : k
            zero_(a[4:8]!) : k
            relu(a[0:4]) -> b : k
            relu(a[3:5]) -> c : k
        """).edges == {(0, 2, "READS"), (0, 3, "READS"), (1, 3, "READS")}

    def test_are_the_memory_that_they_view(self):
        assert run("""
            zero_(a!) : k
            view(a) -> a[2:4]
            add_(a[2:4]!, x) : k
            relu(a) -> b : k
        """).edges == {(0, 1, "READS"), (0, 2, "READS"), (1, 2, "READS")}

    def test_that_are_spaced_out_touch_all_between(self):
        assert run("""
            zero_(a!) : k
            copy_(a[0:8:2]!, x) : k
            relu(a[1:2]) -> b : k
            relu(a[7:8]) -> c : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (0, 3, "READS")}

    def test_are_only_read_by_the_operator_that_makes_them(self):
        assert (
            run("""
            view(a) -> a[2:4] : k
            relu(a) -> b : k
        """).edges
            == set()
        )

    def test_that_repeat_an_element_touch_it_alone(self):
        assert run("""
            zero_(a[0:1]!) : k
            zero_(a[1:8]!) : k
            add(a[0:8:0], x) -> b : k
        """).edges == {(0, 2, "READS")}


class TestOfOneOperator:
    def test_operations_keep_their_order(self):
        assert run("sum(x) -> a : memset k k").edges == {(0, 1, "SAME_OPERATOR"), (1, 2, "SAME_OPERATOR")}

    def test_own_operations_stay_between_those_of_operators_inside(self):
        # Through memory that no argument shows, such as a workspace.
        found = run("""
            outer(x) -> a : k
                relu(x) -> b : k
                relu(x) -> c : k
            relu(x) -> d : k
        """).edges
        assert found == {(0, 1, "SAME_OPERATOR"), (0, 2, "SAME_OPERATOR")}

    def test_own_operations_stay_behind_those_of_operators_inside(self):
        assert run("""
            outer(x) -> a
                relu(x) -> b : k
                relu(x) -> c : k
                none : k
                relu(x) -> d : k
        """).edges == {(0, 2, "SAME_OPERATOR"), (1, 2, "SAME_OPERATOR"), (2, 3, "SAME_OPERATOR")}

    def test_however_deep(self):
        assert run("""
            outer(x) -> a : k
                middle(x) -> b : k
                    relu(x) -> c : k
        """).edges == {(0, 1, "SAME_OPERATOR"), (0, 2, "SAME_OPERATOR"), (1, 2, "SAME_OPERATOR")}

    def test_operators_inside_one_that_launches_nothing_are_independent(self):
        assert (
            run("""
            outer(x) -> a
                relu(x) -> a : k
                relu(x) -> c : k
        """).edges
            == set()
        )

    def test_operators_of_autograd_on_another_thread_are_in_order_of_time(self):
        assert run("""
            mm(x, w) -> a : k
            t2 ?MmBackward0(a) -> g
                t2 mm(a, x) -> g : k
            t2 ?AccumulateGrad(g)
            add_(w!, g) : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (0, 2, "OVERWRITES_READ")}


class TestHiddenBySchemas:
    def test_running_statistics_are_written_in_training(self):
        step = "cudnn_batch_norm(x, running_mean=m, training=True) -> {} : k"
        assert run("\n".join(step.format(name) for name in "ab")).edges == {(0, 1, "READS")}

    def test_and_only_read_otherwise(self):
        step = "cudnn_batch_norm(x, running_mean=m, training=False) -> {} : k"
        assert run("\n".join(step.format(name) for name in "ab")).edges == set()

    def test_collectives_write_what_is_not_sent(self):
        assert run("""
            relu(x) -> a : k
            c10d::allgather_(output_tensors=o, input_tensors=a, object)
                record_param_comms(a) -> o : nccl
            relu(o) -> b : k
            relu(a) -> c : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (0, 3, "READS")}

    def test_a_result_is_written_though_it_is_an_argument(self):
        assert run("""
            relu(x) -> a : k
            lib::step(a) -> b=a : k
            relu(b) -> c : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS")}

    def test_collectives_without_the_record_of_their_library(self):
        assert run("""
            relu(x) -> a : k
            c10d::allgather_(output_tensors=o, input_tensors=a, object) : nccl
            relu(o) -> b : k
            zero_(a!) : k
        """).edges == {(0, 1, "READS"), (1, 2, "READS"), (1, 3, "OVERWRITES_READ"), (0, 3, "OVERWRITES")}

    def test_a_collective_without_results_may_write_what_it_was_given(self):
        assert run("""
            record_param_comms(a) : nccl
            relu(a) -> b : k
        """).edges == {(0, 1, "READS")}

    def test_kernels_of_triton_may_write_what_they_are_given(self):
        assert run("""
            triton_add(a, b) : k
            relu(b) -> c : k
            relu(d) -> e : k
        """).edges == {(0, 1, "READS")}


class TestUnknown:
    @pytest.mark.parametrize(
        "line",
        [
            "none : k",
            "?custom(x) : k",
            "??relu(x) -> z : k",
            "convert(sparse) : k",
            "convert(x, object) : k",
            "convert(1) : k",
        ],
    )
    def test_work_keeps_its_place_on_its_stream(self, line):
        found = run(f"""
            relu(x) -> a : k
            relu(x) -> b : k
            relu(x) -> c : k s13
            {line}
            relu(x) -> d : k s13
            relu(x) -> e : k
            relu(x) -> f : k
        """)
        assert found.edges == {(before, after, "UNKNOWN") for before, after in {(0, 3), (1, 3), (3, 5), (3, 6)}}
        assert found.dependencies.known.tolist() == [True, True, True, False, True, True, True]

    def test_a_tensor_that_is_not_there_hides_nothing(self):
        assert run("convert(x, undefined, None) -> a : k").dependencies.known.all()

    def test_each_keeps_the_order_since_the_last_one(self):
        assert pairs(
            run("""
            relu(x) -> a : k
            none : k
            relu(x) -> b : k
            none : k
            relu(x) -> c : k
        """).edges
        ) == {(0, 1), (1, 2), (1, 3), (2, 3), (3, 4)}

    @pytest.mark.parametrize("call", ["cudaStreamWaitEvent", "cudaDeviceSynchronize", "cudaFree"])
    def test_work_stays_behind_that_of_other_streams_where_it_may_have_had_to_wait(self, call):
        assert pairs(
            run(f"""
            relu(x) -> a : k
            call {call}
            relu(x) -> b : k
            none : k s13
            relu(x) -> c : k
            call {call}
            relu(x) -> d : k
        """).edges
        ) == {(0, 2), (2, 4)}


class TestHostReads:
    def test_item(self):
        assert run("_local_scalar_dense(a) : d2h").dependencies.host_reads.tolist() == [True]

    def test_a_copy_that_an_operator_reads_later(self):
        assert run("""
            copy_(h@cpu!, a) : d2h
            copy_(i@cpu!, a) : d2h
            add(h, 1) -> j@cpu
        """).dependencies.host_reads.tolist() == [True, False]

    def test_a_part_of_it(self):
        assert run("""
            copy_(h@cpu[0:4]!, a) : d2h
            copy_(h@cpu[4:8]!, a) : d2h
            select(h) -> h[5:6]
            item(h[5:6])
        """).dependencies.host_reads.tolist() == [False, True]

    @pytest.mark.parametrize(
        "line", ["view(h) -> h[2:4]", "ones_like(h) -> i@cpu", "transpose_(h!)", "resize_(h!)", "relu(x) -> b : k"]
    )
    def test_not_by_what_looks_at_no_content(self, line):
        assert not run(f"""
            copy_(h@cpu!, a) : d2h
            {line}
        """).dependencies.host_reads.any()

    def test_not_after_the_memory_was_given_out_again(self):
        assert not run("""
            copy_(h@cpu!, a) : d2h
            empty() -> i=h@cpu
            add(i, 1) -> j@cpu
        """).dependencies.host_reads.any()

    def test_not_by_a_copy_back_from_pinned_memory_which_waits_for_it(self):
        found = run("""
            copy_(h@cpu!, a) : d2h
            copy_(b!, h) : h2d
        """)
        assert found.edges == {(0, 1, "READS")}
        assert not found.dependencies.host_reads.any()

    def test_by_a_copy_back_from_pageable_memory(self):
        found = run("""
            copy_(h@cpu!, a) : d2h
            to(h) -> b
                _to_copy(h) -> b
                    copy_(b!, h) : h2d pageable
        """)
        assert found.dependencies.host_reads.tolist() == [True, False]

    def test_by_a_kernel_that_takes_a_number_from_it(self):
        found = run("""
            copy_(h@cpu!, a) : d2h
            mul(b, h) -> c : k
        """)
        assert found.dependencies.host_reads.tolist() == [True, False]

    def test_not_where_a_number_of_the_script_is_in_memory_that_was_freed(self):
        # The copy was of 4 bytes, and the number has 8.
        found = run("""
            copy_(h@cpu[0:1]!, a[0:1]) : d2h
            mul(b, n=h@cpu[0:2]) -> c : k
            copy_(i@cpu[0:1]!, a[0:1]) : d2h
            mul(b, i[0:1]) -> d : k
        """)
        assert found.dependencies.host_reads.tolist() == [False, False, True, False]
        assert found.edges == {(2, 3, "READS")}


class TestHostUses:
    def test_an_operator_that_reads_or_overwrites(self):
        uses = run("""
            copy_(h@cpu!, a) : d2h
            add(h, 1) -> j@cpu
            copy_(b!, h) : h2d
            zero_(h!)
        """).dependencies.host_uses
        assert list(zip(uses.operation.tolist(), uses.reads.tolist(), strict=True)) == [(0, 1), (0, 0), (1, 0)]
        assert (np.diff(uses.at_ns) >= 0).all()

    def test_a_launch_that_takes_it_from_pageable_memory(self):
        found = run("""
            copy_(h@cpu!, a) : d2h
            copy_(b!, h) : h2d pageable
        """)
        uses, launched = found.dependencies.host_uses, launches(found.trace).at_ns[found.rows]
        assert (uses.at_ns.tolist(), uses.operation.tolist(), uses.reads.tolist()) == ([launched[1]], [0], [1])


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
