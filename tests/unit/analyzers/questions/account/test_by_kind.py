from __future__ import annotations

import json

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.account.account import account
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.reports.document import to_json
from gpu_trace_analyzers.reports.sections.verdict import verdict
from literal import literal

STEP = 10_000
FIRST = 5_000
"""when the device begins the first step; the host has launched all of them by then"""


def step(number, name, copy, fill=0, kernels=1, inside=""):
    """One step: kernels, a copy of so many ns, a memset of so many."""
    host, at = number * 100, FIRST + number * STEP
    begins, ends = at + STEP - copy - fill, at + STEP
    each = (begins - at) // kernels
    lines = [f"range step#{number} {host}-{host + 100}"]
    lines += [f"range {inside} {host + 1}-{host + 99}"] * bool(inside)
    lines += [
        f"k {at + i * each}-{begins if i == kernels - 1 else at + (i + 1) * each} @{host + 2 + i} name={name}"
        for i in range(kernels)
    ]
    lines += [f"h2d {begins}-{begins + copy} @{host + 40}"] * bool(copy)
    lines += [f"memset {begins + copy}-{ends} @{host + 41}"] * bool(fill)
    return "\n".join(lines)


def steps(*copies, fill=(0, 0, 0)):
    """Two of training and one of evaluation, again and again."""
    kinds = [("t", "train"), ("t", "train"), ("e", "evaluate")]
    every = [(number, *kinds[number % 3], copy) for number, copy in enumerate(copies)]
    return "\n".join(step(n, name, copy, fill[n % 3], inside=inside) for n, name, inside, copy in every)


def first_line(text):
    found = account(Scope(literal(text)))
    return verdict(found.first, found.steady)


def test_the_kind_of_step_that_holds_most_of_the_loss_is_named():
    line = first_line(steps(*[200, 200, 3000] * 3))
    assert line.startswith("in exposed copies for 11.3 % of steps 0 to 8, mostly in steps with evaluate: same stream")


@pytest.mark.parametrize(("evaluation", "named"), [(2000, ""), (2001, ", mostly in steps with evaluate")])
def test_half_of_the_loss_is_not_most_of_it(evaluation, named):
    # Three steps of evaluation, six of training with 1,000 ns each.
    line = first_line(steps(*[1000, 1000, evaluation] * 3))
    assert line.startswith(f"in exposed copies for 13.3 % of steps 0 to 8{named}: same stream as compute")


def test_where_steps_are_alike_none_is_named():
    assert "steps 0 to 8: same stream" in first_line("\n".join(step(n, "t", 1000, inside="train") for n in range(9)))


def test_each_of_two_losses_has_the_kind_of_its_own():
    line = first_line(steps(*[1, 1000, 2500] * 3, fill=(1500, 1500, 200)))
    copies, memsets = line.split("; ")
    assert ", mostly in steps with evaluate: same stream" in copies
    assert ", mostly in steps with train: memsets" in memsets


def test_a_single_step_is_named_by_its_number():
    line = first_line("\n".join(step(n, "te"[n == 4], 5000 if n == 4 else 1, kernels=3) for n in range(8)))
    assert "steps 0 to 7, mostly in step 4: same stream" in line


def unnamed(train, evaluate, kernels=1):
    """Two steps of one kind and one of another, again and again, without ranges that tell them apart."""
    kinds = [("t", train, 1), ("t", train, 1), ("e", evaluate, 1 + kernels)]
    return "\n".join(step(n, kinds[n % 3][0], kinds[n % 3][1], kernels=kinds[n % 3][2]) for n in range(9))


def test_kinds_without_a_range_are_named_by_their_operations_unless_these_are_as_many():
    assert "steps 0 to 8, mostly in steps of 3 operations: same stream" in first_line(unnamed(1, 3000))
    assert "steps 0 to 8: same stream" in first_line(unnamed(1, 3000, kernels=0))


def test_the_usual_kind_is_named_by_a_range_alone():
    assert "steps 0 to 8: same stream" in first_line(unnamed(3000, 1))
    assert "steps 0 to 8, mostly in steps with train: same stream" in first_line(steps(*[3000, 3000, 1] * 3))


def test_the_json_has_the_same_text():
    analysis = Analysis(literal(steps(*[200, 200, 3000] * 3)))
    text = json.loads(to_json(analysis.summary))["account"]["verdict"]["text"]
    assert ", mostly in steps with evaluate: same stream" in text
