"""The library that records CUPTI's activities, against a stand-in for CUPTI: records go in as bytes of CUDA 13.0."""

from __future__ import annotations

import pytest

import fake_cupti
from fake_cupti import recorded, run
from gpu_trace.cupti_recording.records import LAUNCH, ActivityKind, read

pytestmark = pytest.mark.skipif(fake_cupti.MISSING, reason="no C compiler, or the library was built without one")


def only(activities):
    [record] = activities.records
    return record


def fields(record, *names):
    return tuple(record[name].item() for name in names)


def test_a_kernel(tmp_path):
    activities = recorded(
        "put(Kernel(start=10, end=30, deviceId=1, contextId=2, streamId=7, correlationId=99,"
        " name=text(b'_Z3fooIfEvPT_'), gridX=3, gridY=2, gridZ=1, blockX=64, blockY=4, blockZ=1, registersPerThread=40,"
        " staticSharedMemory=16, dynamicSharedMemory=1024, graphId=5, graphNodeId=1 << 40))",
        tmp_path,
    )
    record = only(activities)
    assert fields(record, "kind", "start_ns", "end_ns", "device", "context", "stream") == (10, 10, 30, 1, 2, 7)
    assert fields(record, "correlation", "graph", "graph_node") == (99, 5, 1 << 40)
    assert LAUNCH.unpack(record["launch"].tobytes()) == (3, 2, 1, 64, 4, 1, 40, 1040)
    assert activities.names[record["name"].item()] == "void foo<float>(float*)"


def test_copies_and_memsets(tmp_path):
    activities = recorded(
        "put(Memcpy(start=1, end=2, copyKind=1, srcKind=2, dstKind=3, bytes=1 << 33, deviceId=1, contextId=2,"
        " streamId=3, correlationId=4, graphId=5, graphNodeId=6))\n"
        "put(PeerMemcpy(start=3, end=4, copyKind=10, srcKind=3, dstKind=3, bytes=8, deviceId=1, contextId=2,"
        " streamId=3, srcDeviceId=4, dstDeviceId=5, correlationId=6, graphId=7, graphNodeId=8))\n"
        "put(Memset(start=5, end=6, bytes=9, memoryKind=3, deviceId=1, contextId=2, streamId=3, correlationId=4))",
        tmp_path,
    )
    copy, peer, memset = activities.records
    where = ("start_ns", "end_ns", "kind", "device", "context", "stream", "correlation", "graph", "graph_node", "bytes")
    assert fields(copy, *where) == (1, 2, ActivityKind.MEMCPY, 1, 2, 3, 4, 5, 6, 1 << 33)
    assert fields(copy, "copy_kind", "source", "target") == (1, 2, 3)
    assert fields(peer, *where) == (3, 4, ActivityKind.MEMCPY2, 1, 2, 3, 6, 7, 8, 8)
    assert fields(peer, "copy_kind", "source", "target", "from_device", "to_device") == (10, 3, 3, 4, 5)
    assert fields(memset, *where) == (5, 6, ActivityKind.MEMSET, 1, 2, 3, 4, 0, 0, 9)
    assert fields(memset, "target") == (3,)


def test_waits_events_and_overheads(tmp_path):
    activities = recorded(
        "put(Event(correlationId=1, contextId=2, streamId=3, eventId=4))\n"
        "put(Sync(type=2, start=5, end=6, correlationId=7, contextId=2, streamId=8, cudaEventId=4))\n"
        "put(Overhead(overheadKind=5 << 16, start=9, end=10))",
        tmp_path,
    )
    event, wait, overhead = activities.records
    assert fields(event, "kind", "correlation", "context", "stream", "event") == (ActivityKind.CUDA_EVENT, 1, 2, 3, 4)
    assert fields(wait, "kind", "start_ns", "end_ns", "correlation", "context", "stream") == (38, 5, 6, 7, 2, 8)
    assert fields(wait, "type", "event") == (2, 4)
    assert fields(overhead, "kind", "start_ns", "end_ns", "type") == (ActivityKind.OVERHEAD, 9, 10, 5 << 16)


CALLS = """
put(Call(cbid=1, start=1, end=2, threadId=70, correlationId=3, returnValue=0))
put(Call(cbid=2, start=2, end=3, threadId=70, correlationId=4))
put(Call(cbid=3, start=3, end=4, threadId=71, correlationId=5, returnValue=600))
put(DriverCall(cbid=1, start=4, end=5, threadId=72, correlationId=6))
put(DriverCall(cbid=2, start=5, end=6, threadId=72, correlationId=7))
put(DriverCall(cbid=1 << 30, start=6, end=7))
"""


@pytest.mark.parametrize("older", [(), ("BEFORE_12_6",)])
def test_calls_that_only_ask_are_left_out(older, tmp_path):
    activities = recorded(CALLS, tmp_path, *older)
    found = [
        (activities.call_name(name), *rest)
        for name, *rest in (fields(r, "name", "kind", "thread", "returned", "correlation") for r in activities.records)
    ]
    assert found == [
        ("cudaLaunchKernel", ActivityKind.RUNTIME, 70, 0, 3),
        ("cudaMemcpyAsync", ActivityKind.RUNTIME, 71, 600, 5),
        ("cuLaunchKernel", ActivityKind.DRIVER, 72, 0, 6),
    ]


def test_cupti_is_told_to_leave_them_out_where_it_can(tmp_path):
    script = "begin()\nprint([fake.fake_off(d, i) for d in (RUNTIME, DRIVER) for i in (1, 2, 3)])\nend()"
    assert run(script, tmp_path) == "[0, 1, 0, 0, 1, 0]\n"


def test_threads_have_the_names_that_linux_knows(tmp_path):
    activities = recorded(
        "import os, threading\n"
        "def thread(name, number):\n"
        "    c.CDLL(None).prctl(15, c.c_char_p(name), 0, 0, 0)  # PR_SET_NAME\n"
        "    put(Call(cbid=1, start=1, end=2, threadId=threading.get_native_id(), correlationId=number)); flush()\n"
        "for number, name in enumerate([b'pt_autograd_0', b'loader'], 1):\n"
        "    other = threading.Thread(target=thread, args=(name, number)); other.start(); other.join()\n"
        "put(Call(cbid=1, start=1, end=2, threadId=0x3FFFFF, correlationId=3))",
        tmp_path,
    )
    found = {record["correlation"].item(): record["thread"].item() for record in activities.records}
    assert {number: activities.threads.get(thread) for number, thread in found.items() if number < 3} == {
        1: "pt_autograd_0",
        2: "loader",
    }
    assert activities.names == {1: "cudaLaunchKernel_v7000"}


def test_an_address_that_another_kernel_comes_to_have(tmp_path):
    activities = recorded(
        "name = c.create_string_buffer(b'first_')\n"
        "def kernel(correlation): put(Kernel(start=1, end=2, correlationId=correlation, name=c.addressof(name)))\n"
        "kernel(1); kernel(2); flush(); name.value = b'second'; kernel(3)",
        tmp_path,
    )
    assert [activities.names[name] for name in activities.records["name"].tolist()] == ["first_", "first_", "second"]


def test_thousands_of_names_and_of_buffers(tmp_path):
    activities = recorded(
        "for n in range(60000): put(Kernel(start=n + 1, end=n + 2, correlationId=n, name=text(b'k%d' % (n % 3000))))",
        tmp_path,
    )
    assert len(activities.names) == 3000
    assert activities.records["correlation"].tolist() == list(range(60000))
    assert [activities.names[name] for name in activities.records["name"].tolist()] == [
        f"k{n % 3000}" for n in range(60000)
    ]


def test_what_is_flushed_is_on_disk_at_once(tmp_path):
    script = """
import os
begin()
put(Memset(start=1, end=2)); flush()
put(Memset(start=3, end=4))
print(count(), os.path.getsize(sys.argv[3] + ".records"))
"""
    assert run(script, tmp_path) == "1 88\n"


def test_one_recording_after_another(tmp_path):
    script = """
for part in "01":
    assert begin(sys.argv[3][:-1] + part) == 0
    put(Kernel(start=1, end=2, name=text(b"k"))); put(Memset(start=1, end=2)); end()
    print(count(), lost())
put(Memset(start=5, end=6)); fake.cuptiActivityFlushAll(0)  # nobody records
"""
    assert run(script, tmp_path) == "2 0\n2 0\n"
    for part in "01":
        assert (tmp_path / f"cupti-1-{part}.records").stat().st_size == 2 * 88
        assert (tmp_path / f"cupti-1-{part}.names").read_bytes() == b"\1\0\0\0\1\0\0\0k"


def test_a_buffer_that_kineto_gave_is_read_and_left_to_kineto(tmp_path):
    activities = recorded(
        "theirs = (Memset * 2)(Memset(start=1, end=2), Memset(start=3, end=4))\n"
        "put(Memset(start=9, end=10)); flush()\n"
        "fake.fake_adopt(c.byref(theirs), c.c_size_t(c.sizeof(theirs))); flush()\n"
        "assert theirs[1].start == 3\n",
        tmp_path,
    )
    assert activities.records["start_ns"].tolist() == [9, 1, 3]


def test_everything_is_put_back_for_kineto(tmp_path):
    script = """
def state(): return fake.fake_zeroed(), fake.fake_thread_type(), sum(fake.fake_enabled(kind) for kind in range(64))
fake.cuptiActivityEnable(39)
begin(); print(*state(), fake.fake_enabled(39)); end(); print(*state())
"""
    assert run(script, tmp_path) == "1 1 9 0\n0 0 0\n"


def test_the_clock_is_that_of_our_nvtx_ranges(tmp_path):
    script = "from time import time_ns as now; begin(); print(now() <= fake.fake_now() <= now())"
    assert run(script, tmp_path) == "True\n"


def test_lost_records_are_counted(tmp_path):
    script = """
begin(); put(Memset(start=1, end=2)); fake.fake_drop(c.c_size_t(40)); flush(); print(count(), lost())
assert begin("/dev/full/nowhere") == 0
put(Memset(start=1, end=2)); put(Memset(start=1, end=2)); end(); print(count(), lost())
"""
    assert run(script, tmp_path) == "1 40\n0 2\n"


def test_what_was_dropped_before_a_recording_is_no_loss_of_it(tmp_path):
    script = """
begin(); end(); fake.fake_drop(c.c_size_t(2))
begin(); put(Memset(start=1, end=2)); end(); print(count(), lost())
"""
    assert run(script, tmp_path) == "1 0\n"


def test_a_disk_that_is_full_for_a_while(tmp_path):
    script = """
import resource
begin()
put(Memset(start=1, end=2)); flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (100, -1))
put(Memset(start=3, end=4)); put(Kernel(start=5, end=6, name=text(b"k" * 120))); flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
put(Kernel(start=7, end=8, name=text(b"k" * 120))); end()
print(count(), lost())
"""
    assert run(script, tmp_path) == "2 2\n"
    activities = read(tmp_path / "cupti-1-0.records")
    assert activities.records["start_ns"].tolist() == [1, 7]
    assert activities.names[activities.records["name"].tolist()[1]] == "k" * 120


def test_buffers_from_many_threads_while_another_flushes_and_recordings_end(tmp_path):
    script = """
from threading import Thread
kernel = Kernel(start=1, end=2, name=text(b"k"))
def work(): fake.fake_work(c.byref(kernel), c.sizeof(kernel), 100)
def flushes(): [flush() for _ in range(100)]
def all_at_once(meanwhile=lambda: None):
    threads = [Thread(target=what) for what in [work] * 8 + [flushes]]
    for thread in threads: thread.start()
    meanwhile()
    for thread in threads: thread.join()
def begin_again(): end(), begin(sys.argv[3] + "-later")
begin(); put(kernel); flush()
all_at_once()
print(count() == 1 + 8 * 100 * 64)
all_at_once(begin_again); end()
"""
    assert run(script, tmp_path) == "True\n"
    for path in tmp_path.glob("*.records"):
        assert set(read(path).records["start_ns"].tolist()) <= {1}


@pytest.mark.parametrize(("version", "answer"), [(17, -2), (18, 0), (130500, 0), (140000, -3)])
def test_versions_whose_records_are_known(version, answer, tmp_path):
    assert run(f"fake.fake_version({version})\nprint(begin())", tmp_path) == f"{answer}\n"


def test_a_refusal_is_passed_on_and_nothing_stays_enabled(tmp_path):
    script = (
        "fake.fake_refuse(10)\nprint(begin(), sum(fake.fake_enabled(kind) for kind in range(64)), fake.fake_zeroed())"
    )
    assert run(script, tmp_path) == "35 0 0\n"


@pytest.mark.parametrize("kind", [ActivityKind.CUDA_EVENT, ActivityKind.OVERHEAD])
def test_it_can_do_without_some_kinds(kind, tmp_path):
    assert run(f"fake.fake_refuse({int(kind)})\nprint(begin())", tmp_path) == "0\n"


def test_a_cupti_that_is_not_loaded(tmp_path):
    assert run("sys.argv[1] = '/nowhere/libcupti.so'\nprint(begin())", tmp_path) == "-1\n"
