"""What scripts do with NVTX, and what is then in the records: through the C library, and through Python without it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from gpu_trace.nvtx_recording.environment import injection, injection_library
from gpu_trace.nvtx_recording.records import EventKind, payload_texts, read
from native import LEAN
from nvtx_records import names, recorded

pytestmark = pytest.mark.skipif(injection_library() is None, reason="no injection library: built without a C compiler")


HOOKS = "import nvtx\nfrom gpu_trace.boot import nvtx_hooks\nnvtx_hooks.hear_the_nvtx_package({folder!r})\n"
STAND_IN = LEAN + "from gpu_trace.boot import nvtx_hooks\nnvtx_hooks.stand_in_for_torch({library!r}, {folder!r})\n"


def recorded_from_python(script: str, folder):
    """As an install without a C compiler records."""
    return recorded(HOOKS.format(folder=str(folder)) + script, folder, NVTX_INJECTION64_PATH="")


@pytest.mark.parametrize("through", [recorded, recorded_from_python])
def test_everything_the_nvtx_package_says_of_a_range(through, tmp_path):
    script = """
import nvtx
with nvtx.annotate("outer", color=0x123456, domain="mine", category="io", payload=-7):
    with nvtx.annotate("inner", color="red", domain="mine", payload=2.5): pass
"""
    [ranges] = through(script, tmp_path)
    outer, inner = ranges.opening
    strings = ranges.texts.strings
    assert names(ranges) == ["outer", "inner"]
    assert [strings[int(event["domain"])] for event in ranges.opening] == ["mine", "mine"]
    assert ranges.texts.categories[int(outer["domain"]), int(outer["category"])] == "io"
    assert (int(outer["color"]), int(inner["color"]) & 0xFFFFFF) == (0x123456, 0xFF0000)
    assert payload_texts(ranges.opening) == ["-7", "2.5"]
    assert outer["at_ns"] <= inner["at_ns"] <= ranges.end_ns[1] <= ranges.end_ns[0]
    assert ranges.finished.all()


SHAPES = """
import nvtx, threading
nvtx.push_range("pushed"); nvtx.pop_range()
number = nvtx.start_range("started")
thread = threading.Thread(target=nvtx.end_range, args=(number,)); thread.start(); thread.join()
nvtx.mark("marked")
@nvtx.annotate()
def decorated(): pass
decorated()
domain = nvtx.get_domain("d")
domain.push_range(domain.get_event_attributes(message="registered")); domain.pop_range()
nvtx.pop_range()
nvtx.push_range("never popped")
"""


@pytest.mark.parametrize("through", [recorded, recorded_from_python])
def test_every_shape_of_range(through, tmp_path):
    [ranges] = through(SHAPES, tmp_path)
    assert names(ranges) == ["pushed", "started", "marked", "decorated", "registered", "never popped"]
    kinds = [EventKind.PUSH, EventKind.START, EventKind.MARK, EventKind.PUSH, EventKind.PUSH, EventKind.PUSH]
    assert [EventKind(kind) for kind in ranges.opening["kind"].tolist()] == kinds
    assert ranges.finished.tolist() == [True] * 5 + [False]


def test_names_of_any_script_and_length(tmp_path):
    [ranges] = recorded('import nvtx\nnvtx.mark("Füße \U0001f680 " * 1000); nvtx.mark("a \\"b\\"\\n\\\\")', tmp_path)
    assert names(ranges) == ["Füße \U0001f680 " * 1000, 'a "b"\n\\']


def test_threads_have_rows_of_their_own_and_ten_thousands_of_events_fit(tmp_path):
    script = """
import nvtx, threading
def work():
    for _ in range(5000):
        with nvtx.annotate("a"):
            with nvtx.annotate("b"): pass
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
"""
    [ranges] = recorded(script, tmp_path)
    assert len(ranges) == 40_000
    assert ranges.finished.all()
    assert len(set(ranges.opening["thread"].tolist())) == 4


def test_tid_and_clock_are_those_of_the_system(tmp_path):
    script = 'import nvtx, threading, time\na = time.time_ns(); nvtx.mark("m"); b = time.time_ns()\n'
    script += "print(threading.get_native_id(), a, b)"
    environment = {"NVTX_INJECTION64_PATH": str(injection_library()), "GPU_TRACE_NVTX_DIR": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", script], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    thread, before, after = map(int, ran.stdout.split())
    [[ranges]] = read(tmp_path).values()
    assert int(ranges.opening["thread"][0]) == thread
    assert before <= int(ranges.opening["at_ns"][0]) <= after


def test_a_color_that_only_matplotlib_knows_ends_no_script(tmp_path):
    script = """
import nvtx
from gpu_trace.boot import nvtx_hooks
nvtx_hooks.accept_any_color()
with nvtx.annotate("a", color="papayawhip"): pass
with nvtx.annotate("b", color="red"): pass
"""
    [ranges] = recorded(script, tmp_path)
    assert (names(ranges), int(ranges.opening["color"][1]) & 0xFFFFFF) == (["a", "b"], 0xFF0000)


TORCH = """
import torch.cuda.nvtx as nvtx, threading
with nvtx.range("{} of {}", 1, 2): depth = nvtx.range_push("deeper"); nvtx.range_pop()
number = nvtx.range_start("started")
thread = threading.Thread(target=nvtx.range_end, args=(number,)); thread.start(); thread.join()
nvtx.mark("märk")
assert depth == 1
"""


@pytest.mark.slow
@pytest.mark.parametrize("library", [str(injection_library()), ""])
def test_torch_cuda_nvtx_works_in_a_build_without_cuda(library, tmp_path):
    stand_in = STAND_IN.format(library=library, folder=str(tmp_path))
    [ranges] = recorded(stand_in + TORCH, tmp_path)
    assert names(ranges) == ["1 of 2", "deeper", "started", "märk"]
    assert ranges.finished.all()


@pytest.mark.parametrize("through", [recorded, recorded_from_python])
def test_no_descriptor_stays_open_for_a_script_to_close(through, tmp_path):
    """Were one open, the script's next file could get its number, and events of the recorder."""
    script = """
import nvtx, os
before = os.listdir("/proc/self/fd")
for _ in range(3000): nvtx.push_range("a"); nvtx.pop_range()
assert os.listdir("/proc/self/fd") == before, os.listdir("/proc/self/fd")
"""
    [ranges] = through(script, tmp_path)
    assert names(ranges) == ["a"] * 3000


ENDINGS = {
    "os._exit": ("os._exit(5)", 5),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    "SIGSEGV": ("ctypes.string_at(0)", -signal.SIGSEGV),
    "SIGABRT": ("os.abort()", -signal.SIGABRT),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_records_survive_any_ending(name, tmp_path):
    text, code = ENDINGS[name]
    script = f"import ctypes, nvtx, os, signal\nfor _ in range(100): nvtx.mark('m')\nnvtx.push_range('open')\n{text}"
    [ranges] = recorded(script, tmp_path, code)
    assert names(ranges) == ["m"] * 100 + ["open"]


def test_a_forked_child_has_files_of_its_own_and_its_parents_strings(tmp_path):
    script = """
import nvtx, os
with nvtx.annotate("both"):
    if os.fork() == 0:
        with nvtx.annotate("both"), nvtx.annotate("child"): pass
        os._exit(0)
    os.wait()
nvtx.mark("parent")
"""
    found = {tuple(names(ranges)) for ranges in recorded(script, tmp_path)}
    assert found == {("both", "parent"), ("both", "child")}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_are_recorded(method, tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "here/work.py").write_text("import nvtx\ndef work(i):\n    with nvtx.annotate('child'): return i\n")
    script = f"""
import multiprocessing, sys
sys.path.insert(0, {str(tmp_path / "here")!r})
import work
if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(2) as pool: print(pool.map(work.work, range(4)))
"""
    found = [name for ranges in recorded(script, tmp_path) for name in names(ranges)]
    assert found == ["child"] * 4


def test_a_program_that_becomes_another_keeps_both_parts(tmp_path):
    script = """
import nvtx, os, sys
nvtx.mark("first")
os.execv(sys.executable, [sys.executable, "-c", "import nvtx; nvtx.mark('second')"])
"""
    assert sorted(name for ranges in recorded(script, tmp_path) for name in names(ranges)) == ["first", "second"]


def test_what_does_not_fit_is_counted(tmp_path):
    script = "import nvtx\nfor _ in range(3000): nvtx.mark('m')"
    [ranges] = recorded(script, tmp_path, GPU_TRACE_NVTX_BYTES=str(2 << 16))
    assert (len(ranges), ranges.lost) == (1365, 3000 - 1365)


def test_a_script_that_closes_all_descriptors_finds_nothing_of_ours_in_its_files(tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    script = f"""
import nvtx, os
nvtx.mark("before")
os.closerange(3, 256)
files = [open({str(mine)!r} + f"/{{i}}", "w") for i in range(4)]
for i in range(5000): nvtx.mark(f"after {{i}}")
for file in files: file.write("user"); file.close()
"""
    [ranges] = recorded(script, tmp_path)
    assert len(ranges) == 5001
    assert [path.read_text() for path in sorted(mine.iterdir())] == ["user"] * 4


def test_many_short_threads_share_room(tmp_path):
    script = """
import nvtx, threading
for _ in range(300):
    thread = threading.Thread(target=lambda: nvtx.mark("m")); thread.start(); thread.join()
"""
    [ranges] = recorded(script, tmp_path)
    assert (len(ranges), ranges.lost) == (300, 0)
    assert next(tmp_path.glob("*.events")).stat().st_size <= 5 << 16


def test_a_forked_child_knows_categories_named_before(tmp_path):
    script = """
import nvtx, os
with nvtx.annotate("parent", domain="d", category="io"): pass
if os.fork() == 0:
    with nvtx.annotate("child", domain="d", category="io"): pass
    os._exit(0)
os.wait()
"""
    for ranges in recorded(script, tmp_path):
        [event] = ranges.opening
        assert ranges.texts.categories[int(event["domain"]), int(event["category"])] == "io"


def test_texts_have_a_budget_too(tmp_path):
    script = "import nvtx\nfor i in range(20000): nvtx.mark(f'name {i}')"
    recorded(script, tmp_path, GPU_TRACE_NVTX_BYTES=str(4 << 16))
    assert next(tmp_path.glob("*.texts")).stat().st_size <= 2 << 16


def test_a_folder_that_is_not_there_harms_nobody(tmp_path):
    assert recorded("import nvtx; nvtx.mark('m')", tmp_path / "absent") == []


def test_the_injection_of_another_tool_is_left_alone():
    library, said = injection({"NVTX_INJECTION64_PATH": "/opt/nsight/libToolsInjection64.so"})
    assert library is None
    assert "libToolsInjection64.so" in said
    library, said = injection({"NVTX_INJECTION64_PATH": "/usr/lib/libcupti.so.13"})
    assert library == injection_library()
    assert "libcupti" in said
    assert injection({}) == (injection_library(), "")


THREAD_THAT_NEVER_POPS = """
import nvtx, os, threading, time
def work():
    nvtx.push_range("never popped"); nvtx.push_range("popped"); nvtx.pop_range()
    global tid
    tid = threading.get_native_id()
thread = threading.Thread(target=work); thread.start(); thread.join()
while os.path.exists(f"/proc/self/task/{tid}"): time.sleep(0.001)
nvtx.mark("after"); nvtx.mark("last")
"""


@pytest.mark.parametrize("through", [recorded, recorded_from_python])
def test_what_a_thread_never_popped_ends_with_it(through, tmp_path):
    [ranges] = through(THREAD_THAT_NEVER_POPS, tmp_path)
    assert names(ranges) == ["never popped", "popped", "after", "last"]
    assert ranges.finished.tolist() == [False, True, True, True]
    assert ranges.end_ns[1] <= ranges.end_ns[0] <= ranges.end_ns[2]


@pytest.mark.parametrize("through", [recorded, recorded_from_python])
def test_every_thread_has_a_number_of_its_own_and_a_forked_child_none_of_its_parents(through, tmp_path):
    script = """
import nvtx, os, threading
def marks(name):
    thread = threading.Thread(target=nvtx.mark, args=(name,)); thread.start(); thread.join()
nvtx.mark("first"); marks("a"); marks("b"); nvtx.mark("first")
if os.fork() == 0:
    nvtx.mark("child"); os._exit(0)
os.wait()
"""
    found = {tuple(names(ranges)): ranges for ranges in through(script, tmp_path)}
    numbers = found["first", "a", "b", "first"].opening["range"].tolist()
    assert numbers[0] == numbers[3]
    assert len(set(numbers)) == 3
    assert ("child",) in found
