"""PyTorch's observer is begun and ended with the sessions, gives way to the script's, and harms no file of it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from types import SimpleNamespace

import pytest

from gpu_trace.boot import contract, execution_trace
from gpu_trace.boot.execution_trace import ExecutionTrace

CLOSED = "data dependencies: the script closed or deleted the file of PyTorch's execution trace observer"
ITS_OWN = "data dependencies: the script has an execution trace observer of its own, and PyTorch allows one"
SEEN = ["add", "enable", contract.OWN_NODE, "END", "disable"]


class Notes(list):
    def write(self, key, *values):
        self.append((key.name, *values))


class Torch:
    """Of torch what is used of it: the observer, whose file is opened as torch does, and what becomes a node."""

    __version__ = "2.13.0"

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.file = -1

    def add(self, path):
        self.calls.append("add")
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT)
        return True

    def node(self, name):
        assert len(name) < 100 or len(name) == 8192
        self.calls.append("END" if len(name) > 100 else name)


@pytest.fixture
def torch(monkeypatch):
    fake = Torch()
    source = SimpleNamespace(
        _add_execution_trace_observer=fake.add,
        **{
            f"_{what}_execution_trace_observer": (lambda what=what: fake.calls.append(what))
            for what in ("enable", "disable", "remove")
        },
    )
    autograd = SimpleNamespace(
        _record_function_with_args_enter=fake.node, _record_function_with_args_exit=lambda _: None
    )
    modules = {"torch": fake, "torch._C._profiler": source, "torch._C._autograd": autograd}
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "torch.profiler.profiler", raising=False)
    monkeypatch.setattr(execution_trace, "Silenced", Silent)
    monkeypatch.setattr(execution_trace.os, "register_at_fork", lambda **_: None)
    yield fake
    with suppress(OSError):
        os.close(fake.file)


class Silent:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture
def added(torch, tmp_path):
    trace = ExecutionTrace(notes := Notes())
    trace.add(str(tmp_path / "executed-1"))
    return trace, notes


def test_it_sees_the_first_thread_at_once_and_is_on_in_sessions_alone(torch, added):
    trace, notes = added
    assert torch.calls == SEEN
    trace.begin()
    trace.begin()
    trace.end()
    trace.end()
    assert torch.calls == SEEN + SEEN[1:]
    assert (notes, trace.may_write, os.get_inheritable(torch.file)) == ([], True, False)


def test_what_is_calibrated_with_is_marked(torch, added):
    added[0].begin_calibrating()
    added[0].end()
    assert torch.calls == [*SEEN, "enable", contract.OWN_NODE, contract.CALIBRATION, "END", "disable"]


def test_it_gives_way_to_an_observer_of_the_scripts_for_good(torch, added, tmp_path):
    trace, notes = added
    trace.begin()
    before = len(torch.calls)
    sys.modules["torch._C._profiler"]._add_execution_trace_observer(str(tmp_path / "own"))
    trace.begin()
    assert torch.calls[before:] == ["END", "disable", "remove", "add"]
    assert notes == [("failed", ITS_OWN)]


def test_an_observer_of_the_scripts_outside_sessions_is_a_loss_only_if_one_follows(torch, added, tmp_path):
    trace, notes = added
    sys.modules["torch._C._profiler"]._add_execution_trace_observer(str(tmp_path / "own"))
    assert notes == []
    trace.begin()
    assert notes == [("failed", ITS_OWN)]


def test_a_forked_child_removes_it_without_a_word_in_the_file(torch, added, tmp_path):
    trace, _ = added
    trace.begin()
    trace._leave_to_the_parent()
    os.write(torch.file, b"what the child holds back")
    assert (torch.calls[-1], trace.may_write, (tmp_path / "executed-1").read_bytes()) == ("remove", False, b"")


def test_another_file_by_the_number_of_its_own_stays_empty(torch, added, tmp_path):
    trace, notes = added
    with (tmp_path / "results").open("wb") as other:
        os.dup2(other.fileno(), torch.file)
        trace.begin()
        trace._leave_to_the_parent()
    assert (torch.calls, notes) == (SEEN, [("failed", CLOSED)])
    assert os.fstat(torch.file).st_ino == (tmp_path / "results").stat().st_ino


def test_a_file_that_is_closed_in_a_session_gets_no_end(torch, added):
    added[0].begin()
    os.close(torch.file)
    added[0].end()
    assert torch.calls == [*SEEN, *SEEN[1:3], "disable"]


@pytest.mark.parametrize(
    ("version", "why"),
    [("2.7.1", contract.EXECUTION_TRACE_TOO_OLD), ("2.13.0", "this PyTorch has no execution trace observer")],
)
def test_a_pytorch_that_cannot_is_told_as_a_session_begins(version, why, torch, tmp_path):
    torch.__version__ = version
    if version == "2.13.0":
        del sys.modules["torch._C._profiler"]._add_execution_trace_observer
    trace = ExecutionTrace(notes := Notes())
    trace.add(str(tmp_path / "executed-1"))
    assert (torch.calls, notes) == ([], [])
    trace.begin()
    trace.begin()
    assert notes == [("failed", f"data dependencies: {why}")]


def test_a_failure_of_pytorchs_is_no_exception(torch, tmp_path):
    trace = ExecutionTrace(notes := Notes())
    trace.add(str(tmp_path / "nowhere" / "executed-1"))
    trace.begin()
    [(key, why)] = notes
    assert (key, why.startswith("data dependencies: FileNotFoundError")) == ("failed", True)
