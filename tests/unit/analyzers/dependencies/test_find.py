from __future__ import annotations

from executions import run


def test_an_operation_waits_for_what_wrote_what_it_reads():
    assert run("mm(x, x) -> a : k; ".replace("; ", "\n") + "relu(a) -> b : k").edges == {(0, 1, "READS")}


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
""").edges == {(0, 2, "OVERWRITES_READ"), (1, 2, "OVERWRITES_READ")}


def test_what_overwrites_waits_for_what_wrote():
    assert run("""
zero_(a!) : k
copy_(a!, b) : k
""").edges == {(0, 1, "OVERWRITES")}


def test_what_changes_in_place_reads_it():
    assert run("""
zero_(a!) : k
add_(a!, b) : k
""").edges == {(0, 1, "READS")}


def test_memory_that_is_given_out_again_is_no_dependency():
    assert run("""
mm(x, x) -> a : k
relu(a) -> b : k
mm(x, x) -> c=a : k
relu(c) -> d : k
""").edges == {(0, 1, "READS"), (2, 3, "READS")}


def test_memory_is_given_out_by_an_operator_that_launches_nothing():
    assert run("""
mm(x, x) -> a : k
to(x) -> b=a
    empty() -> b=a
    copy_(b!, x) : d2d
relu(b) -> c : k
""").edges == {(1, 2, "READS")}


def test_memory_is_given_out_in_an_operator_whose_part_writes_it():
    assert run("""
mm(x, x) -> a : k
pow(x) -> b=a
    copy_(b!, x) : d2d
relu(b) -> c : k
""").edges == {(1, 2, "READS")}


def test_views_that_do_not_overlap_are_independent():
    assert run("""
zero_(a[0:4]!) : k
zero_(a[4:8]!) : k
relu(a[0:4]) -> b : k
relu(a[3:5]) -> c : k
""").edges == {(0, 2, "READS"), (0, 3, "READS"), (1, 3, "READS")}


def test_operations_of_one_operator_keep_their_order():
    assert run("sum(x) -> a : memset k").edges == {(0, 1, "SAME_OPERATOR")}


def test_work_without_an_operator_keeps_its_place_on_its_stream():
    found = run("""
relu(x) -> a : k
relu(x) -> b : k
relu(x) -> c : k s13
none : k
relu(x) -> d : k s13
relu(x) -> e : k
relu(x) -> f : k
""")
    unknown = {(0, 3), (1, 3), (3, 5), (3, 6)}
    assert found.edges == {(before, after, "UNKNOWN") for before, after in unknown}
    assert found.dependencies.known.tolist() == [True, True, True, False, True, True, True]
