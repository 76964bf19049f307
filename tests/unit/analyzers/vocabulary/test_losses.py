"""The names of losses are those of the rules that are asked, no more and no fewer."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

import pytest

from gpu_trace_analyzers import questions
from gpu_trace_analyzers.questions.account.account import account
from gpu_trace_analyzers.questions.account.causes import causes_of
from gpu_trace_analyzers.questions.explained import Rule
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.vocabulary.losses import CAUSES, Owner, owners_of
from literal import literal

KINDS = ("gpu", "cpu")


def rules():
    """Every rule that a module of questions has, alone or in a table."""
    modules = [import_module(found.name) for found in walk_packages(questions.__path__, f"{questions.__name__}.")]
    values = [value for module in modules for value in vars(module).values()]
    tables = [value for value in values if isinstance(value, tuple)] + [values]
    return [rule for table in tables for rule in table if isinstance(rule, Rule)]


def asked(owner, kind):
    """The causes of the rules that are asked of a device of this kind."""
    trace = literal("k 0-10 @1; nccl 20-30 @12; h2d 40-50 @32; memset 60-70 @52", kind=kind)
    return {rule.cause for rule in causes_of(Scope(trace), 0)[owner].rules}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("owner", CAUSES)
def test_every_rule_that_is_asked_has_its_cause_among_those_of_its_owner(owner, kind):
    assert asked(owner, kind) <= set(CAUSES[owner])


@pytest.mark.parametrize("name", ["ddp_rank0", "mlp_overlap", "seed_blocking"])
def test_the_losses_of_recorded_traces_have_these_names(name, recorded):
    for device in account(Scope(load(recorded(name)))).devices:
        assert all(loss.owner in owners_of(loss.cause) for loss in device.losses)


@pytest.mark.parametrize("owner", CAUSES)
def test_every_name_is_that_of_a_rule(owner):
    made = set().union(*(asked(owner, kind) for kind in KINDS))
    # Of collectives, other rules are asked where several ranks are in the trace.
    known = {rule.cause for rule in rules()} if owner is Owner.COLLECTIVE else set()
    assert set(CAUSES[owner]) <= made | known


def test_an_owner_is_not_also_a_cause():
    assert not {owner.value for owner in Owner} & {cause for causes in CAUSES.values() for cause in causes}
    assert owners_of("unknown") == {*CAUSES}
    assert owners_of("idle") == {Owner.IDLE}
    assert owners_of("compute") == owners_of("") == frozenset()
