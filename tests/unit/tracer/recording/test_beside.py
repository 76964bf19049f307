"""Work in a process of its own: what went wrong is told, and it can be stopped."""

from __future__ import annotations

import os
import signal
import time

import pytest

from gpu_trace.recording.beside import Beside
from gpu_trace.recording.reasons import INTERRUPTED


def refuse():
    raise OSError("no room")


def interrupt():
    raise KeyboardInterrupt


@pytest.mark.parametrize(("work", "problem"), [(refuse, "no room"), (interrupt, INTERRUPTED), (int, "")])
@pytest.mark.parametrize("forks", [True, False])
def test_what_went_wrong_is_told(work, problem, forks, monkeypatch):
    if not forks:
        monkeypatch.setattr(os, "fork", refuse)
    assert Beside(work).wait() == problem


def test_it_is_done_by_another_process(tmp_path):
    assert Beside(lambda: (tmp_path / "pid").write_text(str(os.getpid()))).wait() == ""
    assert int((tmp_path / "pid").read_text()) != os.getpid()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_is_interrupted_as_it_begins_does_not_run_on_as_its_parent(number, monkeypatch, capfd):
    fork, parent = os.fork, os.getpid()

    def interrupted_fork():
        if (pid := fork()) == 0:
            os.kill(os.getpid(), number)
        return pid

    monkeypatch.setattr(os, "fork", interrupted_fork)
    try:
        beside = Beside(int)
    finally:
        if os.getpid() != parent:
            os.write(1, b"ran on")
            os._exit(1)
    assert beside.wait() == INTERRUPTED
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert capfd.readouterr().out == ""


def test_a_process_that_is_killed_says_so():
    assert Beside(lambda: os.kill(os.getpid(), signal.SIGKILL)).wait() == "its process was killed"


@pytest.mark.parametrize(("work", "problem"), [(refuse, "no room"), (int, "")])
def test_its_program_may_wait_for_all_its_children(work, problem):
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        assert Beside(work).wait() == problem
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_its_program_may_fork_while_it_begins(monkeypatch):
    fork, others = os.fork, []

    def fork_twice():
        if (other := fork()) == 0:
            signal.pause()
        others.append(other)
        return fork()

    monkeypatch.setattr(os, "fork", fork_twice)
    try:
        assert Beside(int).wait() == ""
    finally:
        os.kill(others[0], signal.SIGKILL)
        os.waitpid(others[0], 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1])
def test_handlers_of_its_program_are_not_called(number, tmp_path):
    before = signal.signal(number, lambda *_: (tmp_path / "handled").touch())
    try:
        assert Beside(lambda: os.kill(os.getpid(), number)).wait() == ""
    finally:
        signal.signal(number, before)
    assert not (tmp_path / "handled").exists()


class Lasting:
    """Work that lasts, and has a file while it does."""

    def __init__(self, folder):
        self.part = folder / "part"

    def __call__(self):
        try:
            self.part.touch()
            time.sleep(60)
        finally:
            self.part.unlink(missing_ok=True)

    def wait_until(self, there):
        deadline = time.monotonic() + 30
        while self.part.exists() != there and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self.part.exists() == there


def test_it_is_stopped_where_it_is_and_tidies_up(tmp_path):
    work = Lasting(tmp_path)
    beside = Beside(work)
    work.wait_until(there=True)
    beside.stop()
    assert not work.part.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_and_tidies_up_where_the_one_that_began_it_is_killed(number, tmp_path):
    work = Lasting(tmp_path)
    if (pid := os.fork()) == 0:
        try:
            Beside(work).wait()
        finally:
            os._exit(0)
    work.wait_until(there=True)
    os.kill(pid, number)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == number
    work.wait_until(there=False)


def test_it_does_not_begin_where_the_one_that_began_it_has_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert Beside(lambda: (tmp_path / "part").touch()).wait() == INTERRUPTED
    assert not (tmp_path / "part").exists()
