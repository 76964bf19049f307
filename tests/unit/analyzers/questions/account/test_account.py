from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.questions.account.losses import account_of
from gpu_trace_analyzers.questions.account.owners import owned
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.scope import Scope, Window
from gpu_trace_analyzers.vocabulary.losses import Owner
from strategies import traces, windows


def scopes(trace, window):
    return Scope(trace, window=None if window is None else Window(*window))


@given(traces(), st.none() | windows)
def test_owners_and_losses_add_up_to_the_window(trace, window):
    scope = scopes(trace, window)
    for position in active_devices(trace):
        account, figures = account_of(scope, position), device_figures(scope, position)
        assert account.window_ns == figures.span_ns
        assert account.compute_ns == figures.compute_ns
        assert account.compute_ns + sum(loss.ns for loss in account.losses) == account.window_ns
        for owner, spent in owned(scope, position).items():
            if owner is not Owner.COMPUTE:
                assert sum(loss.ns for loss in account.loss(owner)) == spent.total_ns


@given(traces())
def test_the_rows_of_copies_and_the_part_beside_collectives_are_the_exposed_copies_of_old(trace):
    scope = Scope(trace)
    for position in active_devices(trace):
        figures, spent = device_figures(scope, position), owned(scope, position)
        work = trace.work_of(position)
        copying = {
            at
            for start, end, engine in zip(
                work.start_ns.tolist(), work.end_ns.tolist(), work.engine.tolist(), strict=True
            )
            if Engine(engine) in figures.copies
            for at in range(start, end)
        }
        beside = sum(at in copying for start, end in spent[Owner.COLLECTIVE] for at in range(start, end))
        assert figures.exposed_copy_ns == spent[Owner.COPY].total_ns + beside
        assert figures.idle_ns == spent[Owner.IDLE].total_ns
        assert figures.exposed_collective_ns == spent[Owner.COLLECTIVE].total_ns


@given(traces())
def test_losses_are_in_the_order_of_what_they_could_save(trace):
    for position in active_devices(trace):
        losses = account_of(Scope(trace), position).losses
        assert list(losses) == sorted(losses, key=lambda loss: (-loss.at_most_ns, -loss.ns))
        assert all(0 <= loss.at_most_ns <= loss.ns and loss.count > 0 for loss in losses)
