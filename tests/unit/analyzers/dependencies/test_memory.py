"""What memory holds: given out again, and seen through views."""

from __future__ import annotations

from executions import run


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
