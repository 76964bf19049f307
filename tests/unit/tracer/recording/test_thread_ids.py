"""Kineto's rows under the ids of Linux, on text as it writes it, and the threads of a living process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gpu_trace.recording.kineto_text import KinetoText
from gpu_trace.recording.notes import Notes
from gpu_trace.recording.thread_ids import Thread, known_threads, name_rows, with_ids_of_linux

HEAD = b'{"baseTimeNanoseconds": 5000,\n'
ON_ONE_LINE = b'{"ph": "X", "cat": "cuda_runtime", "name": "f", "pid": %d, "tid": %d,\n"ts": %s, "dur": 1.0}'
A_FIELD_A_LINE = b'{\n"ph": "X",\n"pid": %d,\n"tid": %d,\n"ts": %s,\n"dur": 1.0\n}'


def renamed(text: bytes, *threads: Thread):
    [part], found = with_ids_of_linux([KinetoText(HEAD, text)], 1600, list(threads))
    return part.events, found


@pytest.mark.parametrize("row", [ON_ONE_LINE, A_FIELD_A_LINE])
@pytest.mark.parametrize(("address", "written"), [(0x7F0012345678, 0x12345678), (0x7F00F2345678, 2**32 - 0xF2345678)])
def test_half_an_address_becomes_the_id(row, address, written):
    thread = Thread(1601, address, address, "worker")
    assert renamed(row % (1600, written, b"1.5"), thread) == (row % (1600, 1601, b"1.5"), [thread])


def test_an_address_lies_on_the_stack_of_its_thread():
    thread = Thread(1601, 0x7F0000FFFF00, 0x7F0001010000)  # across the edge of the lower half's upper digits
    inside, outside = ON_ONE_LINE % (1600, 0x0100F6C0, b"1"), ON_ONE_LINE % (1600, 0x01020000, b"1")
    assert renamed(inside, thread)[0] == ON_ONE_LINE % (1600, 1601, b"1")
    assert renamed(outside, thread) == (outside, [])


def test_other_processes_and_ids_of_linux_stay():
    thread = Thread(1601, 0x12345678, 0x12345678)
    text = ON_ONE_LINE % (7, 0x12345678, b"1") + b"," + ON_ONE_LINE % (1600, 1234567, b"1")
    assert renamed(text, thread) == (text, [])


def test_seven_digits_are_an_address_unless_they_are_an_id():
    thread, other = Thread(1601, 0x7F0000400000, 0x7F0000400000), Thread(0x400000, 1, 1)
    row = ON_ONE_LINE % (1600, 0x400000, b"1")
    assert renamed(row, thread)[0] == ON_ONE_LINE % (1600, 1601, b"1")
    assert renamed(row, thread, other) == (row, [])


def test_threads_that_follow_one_another_at_one_address():
    first, second = (Thread(tid, 0x12345678, 0x12345678, since_ns=ns) for tid, ns in ((1601, 6000), (1602, 9000)))
    text = b",".join(ON_ONE_LINE % (1600, 0x12345678, ts) for ts in (b"0.5", b"3.999", b"4.000"))
    expected = b",".join(
        ON_ONE_LINE % (1600, tid, ts) for tid, ts in ((1601, b"0.5"), (1601, b"3.999"), (1602, b"4.000"))
    )
    assert renamed(text, first, second) == (expected, [first, second])


def test_rows_that_may_be_of_a_thread_that_came_nobody_knows_when_stay():
    ended, living = Thread(1601, 0x12345678, 0x12345678, since_ns=6000), Thread(1602, 0x12345600, 0x12345700)
    row = ON_ONE_LINE % (1600, 0x12345678, b"9.0")
    assert renamed(row, living, ended) == (row, [])


def test_names_as_kineto_writes_them():
    rows = list(name_rows(1600, [Thread(1601, 0, 0, "pt_autograd_0"), Thread(1602, 0, 0)]))
    assert [row["args"]["name"] for row in rows] == ["thread 1601 (pt_autograd_0)", "thread 1602"]
    assert {row["pid"] for row in rows} == {1600}


LIVING = """
import ctypes, os, threading, time
from gpu_trace.boot.threads import living
pthread_self = ctypes.CDLL(None).pthread_self
pthread_self.restype = ctypes.c_uint64
ready, done = threading.Event(), threading.Event()
where = [(os.getpid(), pthread_self())]
def wait():
    where.append((threading.get_native_id(), pthread_self()))
    ready.set()
    done.wait()
threading.Thread(target=wait).start()
ready.wait()
while "running" in open(f"/proc/self/task/{{where[1][0]}}/syscall").read(): time.sleep(0.01)
{forget}
for line in living(): print(line)
print(*(f"{{tid}} {{address}}" for tid, address in where), sep=";")
done.set()
"""


@pytest.mark.parametrize("forget", ["", "threading._active.clear()"], ids=["known to Python", "of C++"])
def test_the_threads_of_a_process_are_where_they_say(forget):
    script = LIVING.format(forget=forget)
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=forget == "")
    *lines, truth = ran.stdout.splitlines()
    threads = known_threads(Notes("".join(f"thread\t{line}\n" for line in lines)), [])
    for tid, address in (pair.split() for pair in truth.split(";")[bool(forget) :]):
        assert [thread.tid for thread in threads if thread.may_be(int(address) % 2**32)] == [int(tid)]
