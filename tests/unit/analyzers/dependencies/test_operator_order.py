"""The operations of one operator, and of those that it calls."""

from __future__ import annotations

from executions import run


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
