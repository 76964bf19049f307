"""What recording cost: by the rows that were left, and by how long stopping and saving took."""

from __future__ import annotations

from gpu_trace.recording import cost
from gpu_trace.recording.kineto_text import KinetoText
from gpu_trace.recording.notes import Notes
from gpu_trace.recording.sessions import Session


def test_stopping_and_saving_are_measured_and_add_up():
    found = cost.of([], Notes("stopped\t100 130 1000\nstopped\t2000 2005 2007\n"))
    assert (found.running_ns, found.stop_ns, found.save_ns) == (0, 35, 872)
    assert found.after_ns == 907


def test_an_operator_costs_what_was_measured_where_it_was():
    events = b'{"ph": "X", "cat": "cpu_op"}, {"ph": "X", "cat": "cpu_op"}, {"ph": "X", "cat": "user_annotation"}'
    session = Session(KinetoText(b"", events))
    assert cost.of([session], Notes("")).running_ns == 2 * 1500 + 3000
    assert cost.of([session], Notes("operator_cost\t12000\n")).running_ns == 2 * 12000 + 3000
