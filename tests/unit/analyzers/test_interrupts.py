"""Ctrl-C comes later."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from gpu_trace_analyzers.interrupts import interrupts_later


def _interrupted(done):
    with interrupts_later():
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.05)  # another thread takes it meanwhile
        done.append("the block")


@pytest.mark.parametrize("others", [0, 3])
def test_an_interrupt_comes_after_the_block_whatever_threads_there_are(others):
    """A thread that does not block it takes the signal, and Python handles it in the main one."""
    ended, done = threading.Event(), []
    threads = [threading.Thread(target=ended.wait) for _ in range(others)]
    for thread in threads:
        thread.start()
    with pytest.raises(KeyboardInterrupt):
        _interrupted(done)
    ended.set()
    for thread in threads:
        thread.join()
    assert done == ["the block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_without_an_interrupt_nothing_comes():
    with interrupts_later():
        pass


def test_in_another_thread_the_block_is_just_done():
    done = []

    def in_thread():
        with interrupts_later():
            done.append("the block")

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    assert done == ["the block"]


def test_what_is_started_meanwhile_blocks_it():
    masks = []
    with interrupts_later():
        thread = threading.Thread(target=lambda: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, [])))
        thread.start()
        thread.join()
    assert signal.SIGINT in masks[0]
