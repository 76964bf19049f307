"""What operators of the host wait for."""

from __future__ import annotations

import numpy as np
import pytest

from executions import run
from gpu_trace_analyzers.questions.launches import launches


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


class TestCarried:
    """Results of which the host makes what a device reads again, and the operators that do."""

    def carried(self, text):
        found = run(text).dependencies
        return found.carried.tolist(), len(found.carrying)

    def test_weights_that_the_host_updates(self):
        assert self.carried("""
            copy_(h@cpu!, a) : d2h
            sub_(w@cpu!, h)
            copy_(b!, w) : h2d
        """) == ([True, False], 1)

    def test_over_several_operators(self):
        assert self.carried("""
            copy_(g@cpu!, a) : d2h
            copy_(h@cpu!, a) : d2h
            add(g, h) -> s@cpu
            sub_(w@cpu!, s)
            copy_(b!, w) : h2d
        """) == ([True, True, False], 2)

    def test_not_of_sums_that_stay_on_the_host(self):
        assert self.carried("""
            copy_(h@cpu!, a) : d2h
            add_(s@cpu!, h)
            copy_(b!, w@cpu) : h2d
        """) == ([False, False], 0)

    def test_not_before_the_host_has_made_it(self):
        assert self.carried("""
            copy_(b!, w@cpu) : h2d
            copy_(h@cpu!, a) : d2h
            sub_(w!, h)
        """) == ([False, False], 0)

    def test_not_in_memory_that_was_given_out_again(self):
        assert self.carried("""
            copy_(h@cpu!, a) : d2h
            neg(h) -> s@cpu
            ones() -> t=s@cpu
            copy_(b!, t) : h2d
        """) == ([False, False], 0)

    @pytest.mark.parametrize("line", ["zero_(s!)", "copy_(s!, c@cpu)", "copy_(s!, b) : d2h", "?custom(s, h)"])
    def test_not_where_it_was_overwritten(self, line):
        carried, operators = self.carried(f"""
            copy_(h@cpu!, a) : d2h
            add_(s@cpu!, h)
            {line}
            copy_(b!, s) : h2d
        """)
        assert (any(carried), operators) == (False, 0)

    def test_not_in_another_part_of_the_memory(self):
        program = """
            copy_(h@cpu[0:4]!, a) : d2h
            mul_(h[0:4]!, 2)
            copy_(b!, h[{part}]) : h2d
        """
        assert self.carried(program.format(part="4:8")) == ([False, False], 0)
        assert self.carried(program.format(part="3:5")) == ([True, False], 1)

    def test_by_no_operator_of_which_is_not_known_what_it_writes(self):
        assert self.carried("""
            copy_(h@cpu!, a) : d2h
            ?log(h, s@cpu)
            copy_(b!, s) : h2d
        """) == ([False, False], 0)

    def test_with_what_was_there_before(self):
        assert self.carried("""
            copy_(g@cpu!, a) : d2h
            add_(s@cpu!, g)
            copy_(h@cpu!, a) : d2h
            add_(s!, h)
            copy_(b!, s) : h2d
        """) == ([True, True, False], 2)

    def test_for_the_first_operation_that_reads_it(self):
        found = run("""
            copy_(g@cpu!, a) : d2h
            copy_(h@cpu!, a) : d2h
            sub_(v@cpu!, g)
            sub_(w@cpu!, h)
            copy_(b!, w) : h2d
            copy_(c!, v) : h2d
            copy_(b!, w) : h2d
        """).dependencies.carrying
        assert found.operation.tolist() == [3, 2]
        assert (np.diff(found.at_ns) > 0).all()

    def test_of_each_step(self):
        step = """
            copy_(h@cpu!, a) : d2h
            sub_(w@cpu!, h)
            copy_(b!, w) : h2d
        """
        assert self.carried(step * 3) == ([True, False] * 3, 3)
