"""What a thread of gpu-trace calls of CUPTI waits until no other thread can be in CUDA, and never for ever."""

from __future__ import annotations

import functools
import hashlib
import sys
import threading
import time
from operator import truediv
from pathlib import Path

import pytest

from gpu_trace.boot import native, safepoint

pytestmark = pytest.mark.skipif(
    not Path(native.__file__).with_name("_safepoint.so").exists(), reason="no library: built without a C compiler"
)


@pytest.fixture(autouse=True)
def undisturbed(monkeypatch):
    monkeypatch.setattr(safepoint, "_hurried_from", float("inf"))


class Computing:
    """Another thread, in one call of C for so long of the processor, without the interpreter's lock."""

    def __init__(self, for_s: float = 1.5) -> None:
        began_s = time.thread_time()
        compute(200_000)
        self._iterations = int(200_000 * for_s / (time.thread_time() - began_s))
        self._thread = threading.Thread(target=self._compute)
        self.used_s = 0.0
        self._left = threading.Event()

    def _compute(self) -> None:
        compute(self._iterations)
        self.used_s = time.thread_time()
        self._left.wait()

    @property
    def clock(self) -> int:
        """That of what it has used of the processor."""
        return time.pthread_getcpuclockid(self._thread.ident)

    def __enter__(self):
        self._thread.start()
        while time.clock_gettime(self.clock) < 0.05:
            time.sleep(0.005)
        return self

    def __exit__(self, *_):
        self._left.set()
        self._thread.join()


def compute(iterations):
    hashlib.pbkdf2_hmac("sha256", b"x", b"x", iterations)


def in_ours(call, **options):
    """What a call returns or raises in a thread of ours."""
    found = []

    def run():
        try:
            found.append(safepoint.ours(call, **options))
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found[0]


def waited_s(other, **options):
    """How long a thread of ours waits; it calls while the other one still computes."""
    began_s = time.monotonic()
    assert in_ours(lambda: safepoint.reached(functools.partial(int, 1)), **options)[0] == 1
    waited = time.monotonic() - began_s
    assert not other.used_s
    return waited


def test_it_is_called_where_all_others_sleep():
    before = time.time_ns()
    result, called_ns = in_ours(lambda: safepoint.reached(functools.partial(divmod, 7, 2)))
    assert result == (3, 1)
    assert before < called_ns < time.time_ns()


def test_what_is_raised_is_raised():
    assert isinstance(in_ours(lambda: safepoint.reached(functools.partial(truediv, 1, 0))), ZeroDivisionError)


def test_it_waits_for_a_thread_that_computes_without_the_lock():
    with Computing() as other:
        until_then_s, _ = in_ours(lambda: safepoint.reached(functools.partial(time.clock_gettime, other.clock)))
    assert other.used_s - until_then_s < 0.02
    assert other.used_s > 0.5


def test_threads_that_run_python_stand_still_for_it():
    is_over, counted = [], [0]

    def count():
        while not is_over:
            counted[0] += 1

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    while not counted[0]:
        time.sleep(0.01)
    found = in_ours(lambda: safepoint.reached(functools.partial(counted.__getitem__, 0)))
    is_over.append(True)
    for thread in threads:
        thread.join()
    assert 0 < found[0] < counted[0]


def test_the_main_thread_stays_while_the_lock_is_left_to_others():
    found = []
    call = functools.partial(safepoint.reached, functools.partial(time.sleep, 0.2))
    ours = threading.Thread(target=lambda: found.append(in_ours(call)))
    ours.start()
    looks = [time.time_ns()]
    while not found:
        looks.append(time.time_ns())
    looks += [time.time_ns(), time.time_ns()]
    ours.join()
    _, called_ns = found[0]
    _, second = [look for look in looks if look > called_ns][:2]  # the first may have waited for the lock already
    assert second - called_ns > 0.15e9


def test_a_thread_that_never_rests_is_one_that_spins(monkeypatch):
    monkeypatch.setattr(safepoint, "_SPINS_MS", 300)
    with Computing() as other:
        assert waited_s(other) > 0.29


def test_one_that_was_active_long_ago_need_not_have_been_since(monkeypatch):
    with Computing(3) as other:
        monkeypatch.setattr(safepoint, "_ALL_S", 0)
        in_ours(lambda: safepoint.reached(functools.partial(int, 1)))
        time.sleep(1.1)
        monkeypatch.setattr(safepoint, "_ALL_S", 30)
        monkeypatch.setattr(safepoint, "_SPINS_MS", 500)
        assert waited_s(other) > 0.49


def test_in_the_end_only_threads_that_surely_launch_are_waited_for(monkeypatch):
    monkeypatch.setattr(safepoint, "_ALL_S", 0.3)
    with Computing() as other:
        assert waited_s(other) > 0.29


def test_nothing_is_waited_for_without_the_interpreters_lock(monkeypatch):
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    with Computing() as other:
        assert in_ours(lambda: safepoint.reached(functools.partial(int, 1)))[0] == 1
        assert not other.used_s


def test_a_dying_process_does_not_wait_for_long():
    with Computing() as other:
        assert waited_s(other, patience_s=0.3) > 0.29


def test_threads_of_the_script_do_not_wait():
    with Computing() as other:
        assert safepoint.reached(functools.partial(int, 1))[0] == 1
        assert not other.used_s
