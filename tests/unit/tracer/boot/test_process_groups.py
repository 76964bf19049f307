"""When does a script join process groups, and leave them? With a module in the place of torch's own."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from gpu_trace.boot import process_groups

NAMES = ("torch.distributed", "torch.distributed.distributed_c10d")


@pytest.fixture
def modules(monkeypatch):
    happened = []

    def init_process_group(backend, *, rank):
        """Join."""
        happened.append(("joined", backend, rank))

    def destroy_process_group(group=None):
        """Leave."""
        happened.append(("left", group))
        return "gone"

    found = [ModuleType(name) for name in NAMES]
    for module in found:
        module.init_process_group, module.destroy_process_group = init_process_group, destroy_process_group
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return found, happened


def test_it_is_told_after_joining_and_before_leaving(modules):
    (public, internal), happened = modules
    before = public.init_process_group, public.destroy_process_group
    process_groups.watch(lambda: happened.append("told"))
    public.init_process_group("gloo", rank=3)
    assert internal.destroy_process_group("pair") == "gone"
    assert happened == [("joined", "gloo", 3), "told", "told", ("left", "pair")]
    for function, original in zip((public.init_process_group, public.destroy_process_group), before, strict=True):
        assert (function.__name__, function.__doc__) == (original.__name__, original.__doc__)


def test_a_torch_without_process_groups_is_left_alone(monkeypatch):
    monkeypatch.setitem(sys.modules, NAMES[0], ModuleType(NAMES[0]))
    process_groups.watch(lambda: None)
    assert not hasattr(sys.modules[NAMES[0]], "init_process_group")


def test_groups_are_as_torch_describes_them(modules):
    (_, internal), _ = modules
    assert process_groups.described() == ""  # its function may be another in a later version
    internal._get_all_pg_configs = lambda: [{"pg_name": "0", "ranks": [0, 1]}]
    assert process_groups.described() == '[{"pg_name": "0", "ranks": [0, 1]}]'
