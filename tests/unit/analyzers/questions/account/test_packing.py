from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.account.account import account
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.vocabulary.losses import Owner
from literal import literal

STEP = 100_000
EVERY = 4
PACK = "pack what a step copies into one buffer, and copy that once"


def steps(copies, each=1000, size=65_535, kind="h2d", other=""):
    """Steps that make so many copies of some bytes each, then compute until the step ends; all launched long before.

    ``other``: kind, length and size of one more copy.
    """
    lines = []
    for number in range(EVERY):
        host, at = number * 100, 10_000 + number * STEP
        lines += [f"range step#{number} {host}-{host + 100}"]
        lines += [f"{kind} {at + i * each}-{at + (i + 1) * each} @{host + i} size={size}" for i in range(copies)]
        if other:
            what, ns, more = other.split()
            begin = at + copies * each
            lines += [f"{what} {begin}-{begin + int(ns)} @{host + 80} size={more}"]
        lines += [f"k {at + 90_000}-{at + STEP} @{host + 90}"]
    return "\n".join(lines)


def told(text, **asked):
    """What steps repeat of each loss of copies, and whether packing is said to help."""
    found = account(Scope(literal(text)), **asked).devices[0].loss(Owner.COPY)
    assert found
    return [(loss.evidence.steps, loss.remedy == PACK) for loss in found]


def packs(text, **asked):
    return any(packed for _, packed in told(text, **asked))


def test_many_small_copies_are_better_packed():
    assert told(steps(25)) == [("25 exposed host-to-device copies below 64 KiB per step", True)]
    assert told(steps(25, kind="d2h")) == [("25 exposed device-to-host copies below 64 KiB per step", True)]


@pytest.mark.parametrize(("copies", "packed"), [(20, True), (19, False)])
def test_twenty_of_a_step_are_many(copies, packed):
    assert packs(steps(copies)) is packed


@pytest.mark.parametrize(("size", "packed"), [(65_535, True), (65_536, False), (-1, False)])
def test_of_64_kib_or_of_unknown_size_they_are_not_small(size, packed):
    assert packs(steps(25, size=size)) is packed


@pytest.mark.parametrize(("each", "packed"), [(101, True), (100, False)])
def test_exposed_for_two_hundredths_of_the_window_they_are_not_worth_it(each, packed):
    # 20 copies of 100 ns are 2 % of a step of 100,000 ns.
    assert packs(steps(20, each=each)) is packed


@pytest.mark.parametrize(("large", "packed"), [(24_999, True), (25_000, False)])
def test_most_of_the_loss_must_be_small_copies(large, packed):
    assert packs(steps(25, other=f"h2d {large} 100000000")) is packed


def test_copies_of_two_directions_do_not_go_into_one():
    lines = steps(24).split("\n")
    other = [line.replace("h2d", "d2h") if "h2d" in line and i % 2 else line for i, line in enumerate(lines)]
    assert packs("\n".join(lines))
    assert not packs("\n".join(other))


def test_hidden_copies_cost_nothing():
    beside = [f"s9 k {10_000 + n * STEP}-{10_000 + n * STEP + 6_000} @{n * 100 + 50}" for n in range(EVERY)]
    assert packs(steps(25))
    assert not packs("\n".join((steps(25), *beside)))


def test_without_steps_nothing_is_said_of_them():
    assert not packs(steps(25), whole=True)
