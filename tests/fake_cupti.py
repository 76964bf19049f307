"""Builds a stand-in for libcupti, and runs scripts against it in processes of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from gpu_trace.cupti_recording.library import activities_library
from gpu_trace.cupti_recording.records import RecordedActivities, read

COMPILER = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
MISSING = COMPILER is None or activities_library() is None

PRELUDE = """
import ctypes as c, struct, sys
c.CDLL("libstdc++.so.6")
fake, ours = c.CDLL(sys.argv[1]), c.CDLL(sys.argv[2])
fake.fake_now.restype = ours.gpu_trace_activities_count.restype = ours.gpu_trace_activities_lost.restype = c.c_uint64
def begin(path=sys.argv[3]):
    paths = sys.argv[1], path + ".records", path + ".names"
    return ours.gpu_trace_activities_begin(*(path.encode() for path in paths))
end, flush, count, lost = (getattr(ours, "gpu_trace_activities_" + name) for name in ("end", "flush", "count", "lost"))
RUNTIME, DRIVER = 2, 1
for cbid, name in enumerate(["cudaLaunchKernel_v7000", "cudaGetDevice_v3020", "cudaMemcpyAsync_ptsz_v7000"], 1):
    fake.fake_name(RUNTIME, cbid, name.encode())
for cbid, name in enumerate(["cuLaunchKernel", "cuCtxGetCurrent"], 1):
    fake.fake_name(DRIVER, cbid, name.encode())
texts = {}
def text(content):  # at one address for good, as names of kernels are
    return c.addressof(texts.setdefault(content, c.create_string_buffer(content)))
class Record(c.Structure):
    # The whole structs of cupti_activity.h in CUDA 13.0, of which the library knows the beginnings.
    def __init__(self, **fields):
        super().__init__(kind=self.KIND)
        for name, value in fields.items():
            assert hasattr(self, name), name
            setattr(self, name, tuple(value) if isinstance(value, (list, tuple)) else value)
def put(record): fake.fake_put(c.byref(record), c.sizeof(record))
u8, u16, u32, u64, i32, i64 = c.c_uint8, c.c_uint16, c.c_uint32, c.c_uint64, c.c_int32, c.c_int64
class Kernel(Record):  # CUpti_ActivityKernel10
    KIND = 10
    _fields_ = [("kind", u32), ("cacheConfig", u8), ("sharedMemoryConfig", u8), ("registersPerThread", u16),
        ("partitionedGlobalCacheRequested", i32), ("partitionedGlobalCacheExecuted", i32), ("start", u64), ("end", u64),
        ("completed", u64), ("deviceId", u32), ("contextId", u32), ("streamId", u32), ("gridX", i32), ("gridY", i32),
        ("gridZ", i32), ("blockX", i32), ("blockY", i32), ("blockZ", i32), ("staticSharedMemory", i32),
        ("dynamicSharedMemory", i32), ("localMemoryPerThread", u32), ("localMemoryTotal", u32), ("correlationId", u32),
        ("gridId", i64), ("name", c.c_void_p), ("reserved0", u64), ("queued", u64), ("submitted", u64),
        ("launchType", u8), ("isSharedMemoryCarveoutRequested", u8), ("sharedMemoryCarveoutRequested", u8),
        ("padding", u8), ("sharedMemoryExecuted", u32), ("graphNodeId", u64), ("shmemLimitConfig", u32),
        ("graphId", u32), ("rest", u64 * 7)]
assert c.sizeof(Kernel) == 216
class Memcpy(Record):  # CUpti_ActivityMemcpy6
    KIND = 1
    _fields_ = [("kind", u32), ("copyKind", u8), ("srcKind", u8), ("dstKind", u8), ("flags", u8), ("bytes", u64),
        ("start", u64), ("end", u64), ("deviceId", u32), ("contextId", u32), ("streamId", u32), ("correlationId", u32),
        ("runtimeCorrelationId", u32), ("pad", u32), ("reserved0", u64), ("graphNodeId", u64), ("graphId", u32),
        ("channelID", u32), ("rest", u64 * 2)]
assert c.sizeof(Memcpy) == 96
class PeerMemcpy(Record):  # CUpti_ActivityMemcpyPtoP4
    KIND = 22
    _fields_ = [("kind", u32), ("copyKind", u8), ("srcKind", u8), ("dstKind", u8), ("flags", u8), ("bytes", u64),
        ("start", u64), ("end", u64), ("deviceId", u32), ("contextId", u32), ("streamId", u32), ("srcDeviceId", u32),
        ("srcContextId", u32), ("dstDeviceId", u32), ("dstContextId", u32), ("correlationId", u32), ("reserved0", u64),
        ("graphNodeId", u64), ("graphId", u32), ("channelID", u32), ("rest", u64)]
assert c.sizeof(PeerMemcpy) == 96
class Memset(Record):  # CUpti_ActivityMemset4
    KIND = 2
    _fields_ = [("kind", u32), ("value", u32), ("bytes", u64), ("start", u64), ("end", u64), ("deviceId", u32),
        ("contextId", u32), ("streamId", u32), ("correlationId", u32), ("flags", u16), ("memoryKind", u16),
        ("pad", u32), ("reserved0", u64), ("graphNodeId", u64), ("graphId", u32), ("channelID", u32), ("rest", u64)]
assert c.sizeof(Memset) == 88
class Call(Record):  # CUpti_ActivityAPI
    KIND = 5
    _fields_ = [("kind", u32), ("cbid", u32), ("start", u64), ("end", u64), ("processId", u32), ("threadId", u32),
        ("correlationId", u32), ("returnValue", u32)]
assert c.sizeof(Call) == 40
class DriverCall(Call): KIND = 4
class Sync(Record):  # CUpti_ActivitySynchronization2
    KIND = 38
    _fields_ = [("kind", u32), ("type", u32), ("start", u64), ("end", u64), ("correlationId", u32), ("contextId", u32),
        ("streamId", u32), ("cudaEventId", u32), ("rest", u64 * 2)]
assert c.sizeof(Sync) == 56
class Event(Record):  # CUpti_ActivityCudaEvent2
    KIND = 36
    _fields_ = [("kind", u32), ("correlationId", u32), ("contextId", u32), ("streamId", u32), ("eventId", u32),
        ("pad", u32), ("rest", u64 * 4)]
assert c.sizeof(Event) == 56
class Overhead(Record):  # CUpti_ActivityOverhead3
    KIND = 17
    _fields_ = [("kind", u32), ("overheadKind", u32), ("objectKind", u32), ("object", u32 * 3), ("start", u64),
        ("end", u64), ("rest", u64 * 2)]
assert c.sizeof(Overhead) == 56
"""


@lru_cache
def library(*defines: str) -> Path:
    """The stand-in, built once; ``defines`` choose an older one."""
    source = Path(__file__).with_suffix(".c")
    built = Path(mkdtemp(prefix="gpu-trace-test-")) / "libcupti_stand_in.so"
    command = [
        str(COMPILER),
        "-shared",
        "-fPIC",
        "-pthread",
        *(f"-D{name}" for name in defines),
        str(source),
        "-o",
        str(built),
    ]
    subprocess.run(command, check=True)
    return built


def run(script: str, folder: Path, *defines: str) -> str:
    """Run a script after `PRELUDE`; what it printed. Its recording goes to ``folder/cupti-1-0``."""
    command = [sys.executable, "-c", PRELUDE + script, library(*defines), activities_library(), folder / "cupti-1-0"]
    ended = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def recorded(script: str, folder: Path, *defines: str) -> RecordedActivities:
    """What the library made of the records that a script put between `begin` and `end`."""
    run(f"assert begin() == 0\n{script}\nend()\n", folder, *defines)
    found = read(folder / "cupti-1-0.records")
    assert found is not None
    return found
