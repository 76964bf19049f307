"""A thread works while a block runs, and never longer than is waited for."""

from __future__ import annotations

import signal
import threading

import pytest

from gpu_trace_analyzers.in_thread import in_thread


def test_it_is_told_that_the_block_has_ended_and_waited_for():
    seen = []

    def work(ended):
        seen.append((threading.current_thread().name, ended.is_set()))
        ended.wait(10)
        seen.append(ended.is_set())

    with in_thread(work, "beside"):
        pass
    assert seen in ([("beside", False), True], [("beside", True), True])


def test_also_where_the_block_fails():
    seen = []
    with pytest.raises(ValueError, match="the block"), in_thread(lambda ended: seen.append(ended.wait(10)), "beside"):
        raise ValueError("the block")
    assert seen == [True]


def test_one_that_does_not_end_is_left_behind():
    free = threading.Event()
    with in_thread(lambda _: free.wait(60), "beside", patience_s=0.01):
        pass
    assert any(thread.name == "beside" for thread in threading.enumerate())
    free.set()


def test_signals_are_for_the_main_thread():
    blocked = []
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with in_thread(lambda _: blocked.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())), "beside"):
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    assert signal.SIGTERM in blocked[0]


def test_without_another_thread_the_block_runs(monkeypatch):
    def start(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with in_thread(lambda _: pytest.fail("there was no thread"), "beside"):
        ran = True
    assert ran
