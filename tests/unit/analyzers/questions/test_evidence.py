"""What is known of one stretch: which operation, where, inside which range; and names short enough for a sentence."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.evidence import work_name
from gpu_trace_analyzers.questions.idle import explain_idle, idle_causes
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal


def test_where_no_operation_followed_nothing_is_known_of_it():
    trace = literal("k 0-10 @1 name=first; range r 20-30; k 40-50 @25 name=last")
    *_, (rule, tail) = explain_idle(Scope(trace, window=Window(0, 60)), 0).each()
    assert (rule.cause, tail.start_ns, tail.end_ns) == ("head_or_tail", 50, 60)
    assert (tail.operation, tail.stream, tail.place, tail.call, tail.range) == ("", None, "", "", "")


@pytest.mark.parametrize(("kind", "place"), [("gpu", "stream 9"), ("cpu", "thread 9")])
def test_an_operation_of_a_gpu_is_in_a_stream_and_one_of_a_cpu_in_a_thread(kind, place):
    [row] = idle_causes(Scope(literal("s9 k 0-10; s9 k 30-40", kind)))
    assert (row.evidence.place, row.evidence.stream) == (place, 9)


@pytest.mark.parametrize("name", ["gemm<int>(float)", "gemm(std::vector<int>)", "gemm<int>", "gemm()", "gemm"])
def test_a_kernel_is_named_without_its_template_arguments_and_parameters(name):
    assert work_name(literal(f"k 0-10 name={name}"), 0) == "gemm"


@pytest.mark.parametrize("text", ["k 0-10 name=<lambda>(int)", "h2d 0-10 name=Memcpy(HtoD)"])
def test_a_name_without_anything_before_its_sign_or_of_no_kernel_is_kept_whole(text):
    assert work_name(literal(text), 0) == text.partition("=")[2]


def test_a_launch_as_a_range_ends_or_before_it_begins_is_in_no_range():
    row, *_ = idle_causes(Scope(literal("range before 0-12; range after 13-25; k 0-10; k 30-40 @12")))
    assert row.evidence.range == ""
    row, *_ = idle_causes(Scope(literal("range before 0-12; range after 12-25; k 0-10; k 30-40 @12")))
    assert row.evidence.range == "after"
