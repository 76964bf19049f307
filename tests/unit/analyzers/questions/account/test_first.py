"""Which losses a device's first line names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts import accounted
from gpu_trace_analyzers.questions.account.account import account
from gpu_trace_analyzers.questions.account.first import first_of
from gpu_trace_analyzers.questions.scope import Scope
from literal import literal


def causes(text, steps=0, count=1):
    [device] = accounted(text).devices
    losses = tuple(replace(loss, count=count) for loss in device.losses)
    return [loss.cause for loss in first_of(replace(device, losses=losses, steps=steps)).losses]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("compute 980; idle queued 20", ["queued"]),
        ("compute 981; idle queued 19", []),
        ("compute 900; idle queued 100 at most 19", []),
        ("compute 400; idle event 300; copy pageable 251", ["event", "pageable"]),
        ("compute 400; idle event 300; copy pageable 250", ["event"]),
    ],
)
def test_a_loss_worth_two_percent_and_the_next_if_it_is_close(text, expected):
    assert causes(text) == expected


@pytest.mark.parametrize(("steps", "count", "expected"), [(3, 2, []), (3, 3, ["start_up"]), (0, 1, ["start_up"])])
def test_code_that_is_loaded_in_some_of_the_steps_only_is_a_short_warm_up(steps, count, expected):
    assert causes("compute 900; idle start_up 100", steps, count) == expected
    assert causes("compute 900; idle queued 100", steps, count) == ["queued"]


def test_an_account_says_how_many_steps_it_is_of():
    text = "\n".join(f"range step {at}-{at + 900}; k {at + 100}-{at + 800} @{at + 50}" for at in range(0, 8000, 1000))
    found = account(Scope(literal(text)))
    assert found.steady.found_by == "steps"
    assert [each.steps for each in found.devices] == [8]
    assert [each.steps for each in account(Scope(literal(text)), whole=True).devices] == [0]
