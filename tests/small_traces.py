# ruff: noqa: E501  # literal files
"""Small literal traces, one for each format and dialect that is read."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CUDA = """{
  "schemaVersion": 1,
  "deviceProperties": [ {"id": 0, "name": "NVIDIA H200"}, {"id": 1, "name": "NVIDIA H200"} ],
  "cuda_driver_version": 13000, "baseTimeNanoseconds": 1790857026000000000,
  "traceEvents": [
  {
    "ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 77, "tid": 77,
    "ts": 100.000, "dur": 5.500,
    "args": { "cbid": 211, "correlation": 1 }
  },
  {
    "ph": "X", "cat": "kernel", "name": "sgemm", "pid": 0, "tid": 7,
    "ts": 106.001, "dur": 20.002,
    "args": { "device": 0, "context": 1, "stream": 7, "correlation": 1, "grid": [16, 32, 1], "block": [256, 1, 1] }
  },
  {
    "ph": "X", "cat": "kernel", "name": "my_own_exchange", "pid": 0, "tid": 9,
    "ts": 110.000, "dur": 1.000,
    "args": { "device": 0, "stream": 9, "correlation": 4, "Collective name": "allreduce" }
  },
  {
    "ph": "X", "cat": "gpu_memcpy", "name": "Memcpy PtoP (Device -> Device)", "pid": 0, "tid": 7,
    "ts": 130.000, "dur": 3.000,
    "args": { "fromDevice": 0, "inDevice": 0, "toDevice": 1, "stream": 7, "correlation": 2, "bytes": 4096 }
  },
  {
    "ph": "X", "cat": "gpu_memcpy", "name": "Memcpy HtoD (Pageable -> Device)", "pid": 1, "tid": 13,
    "ts": 131.000, "dur": 3.000,
    "args": { "device": 1, "stream": 13, "correlation": 3, "bytes": 64 }
  },
  {
    "ph": "X", "cat": "gpu_memset", "name": "Memset (Device)", "pid": 1, "tid": 13,
    "ts": 135.000, "dur": 0.800, "args": { "device": 1, "stream": 13, "correlation": 5, "bytes": 8 }
  },
  {
    "ph": "X", "cat": "gpu_user_annotation", "name": "forward", "pid": 0, "tid": 7,
    "ts": 106.000, "dur": 30.000, "args": { "External id": 3 }
  },
  {
    "ph": "X", "cat": "user_annotation", "name": "forward", "pid": 77, "tid": 77,
    "ts": 99.000, "dur": 40.000, "args": { "External id": 3 }
  },
  {
    "ph": "X", "cat": "cuda_sync", "name": "Stream Wait Event", "pid": 0, "tid": 7,
    "ts": 140.000, "dur": 0.000,
    "args": { "stream": 7, "correlation": 9, "device": 0, "wait_on_stream": 13, "wait_on_cuda_event_record_corr_id": 8 }
  },
  {
    "ph": "X", "cat": "overhead", "name": "Buffer Flush", "pid": -1, "tid": 0, "ts": 150.000, "dur": 2.000
  },
  {"ph":"X","cat":"nvtx","name":"step","pid":77,"tid":1077,"ts":98.500,"dur":50.000,
   "args":{"domain":"app","category":"train","color":"#FF00AA11","payload":"3","thread":77}},
  {"ph":"X","cat":"nvtx","name":"here","pid":77,"tid":77,"ts":99.500,"dur":0,"args":{"mark":1}}
  ], "traceName": "x.json"
}"""

KINETO_2021 = """{
  "schemaVersion": 1,
  "traceEvents": [
  { "name": "process_name", "ph": "M", "ts": 1625000000000000, "pid": 88, "tid": 0, "args": { "name": "python" } },
  {
    "ph": "X", "cat": "Operator",
    "name": "aten::mm", "pid": 88, "tid": "88",
    "ts": 1625000000000100, "dur": 40, "args": { "External id": 2 }
  },
  {
    "ph": "X", "cat": "Runtime",
    "name": "cudaLaunchKernel", "pid": 88, "tid": "88",
    "ts": 1625000000000110, "dur": 10, "args": { "cbid": 211, "correlation": 27 }
  },
  {
    "ph": "X", "cat": "Kernel",
    "name": "volta_sgemm_128x64", "pid": 0, "tid": "stream 7",
    "ts": 1625000000000125, "dur": 100,
    "args": { "queued": 0, "device": 0, "context": 1, "stream": 7, "correlation": 27, "external id": 2 }
  },
  {
    "ph": "X", "cat": "Memcpy",
    "name": "Memcpy DtoH (Device -> Pinned)", "pid": 0, "tid": "stream 7",
    "ts": 1625000000000230, "dur": 0, "args": { "device": 0, "stream": 7, "correlation": 28, "bytes": 4 }
  },
  {
    "ph": "X", "cat": "Memset",
    "name": "Memset (Device)", "pid": 0, "tid": "stream 7",
    "ts": 1625000000000240, "dur": 1, "args": { "device": 0, "stream": 7, "correlation": 29, "bytes": 4 }
  },
  { "ph": "X", "cat": "Trace", "ts": 1625000000000000, "dur": 300, "pid": "Traces", "tid": "p", "name": "PyTorch" }
]}"""

ROCM = """{"schemaVersion": 1, "deviceProperties": [{"id": 2, "name": "AMD Instinct MI300X"}], "roctracer_version": 4,
"baseTimeNanoseconds": 1700000000000000000, "traceEvents": [
{"ph": "X", "cat": "cuda_runtime", "name": "hipExtModuleLaunchKernel", "pid": 55, "tid": 55, "ts": 10.100, "dur": 2.000,
 "args": {"correlation": 5}},
{"ph": "X", "cat": "kernel", "name": "Cijk_Ailk_Bljk_SB_MT128x128", "pid": 2, "tid": 0, "ts": 13.000, "dur": 9.000,
 "args": {"device": 2, "stream": 0, "correlation": 5, "kind": "Dispatch Kernel"}},
{"ph": "X", "cat": "kernel", "name": "rcclGenericKernel", "pid": 2, "tid": 1, "ts": 14.000, "dur": 1.000,
 "args": {"device": 2, "stream": 1, "correlation": 6}},
{"ph": "X", "cat": "gpu_memcpy", "name": "Memcpy HtoD (Host -> Device)", "pid": 9, "tid": 0, "ts": 15.000, "dur": 4.000,
 "args": {"device": 9, "stream": 0, "correlation": 7, "bytes": 1024}},
{"ph": "X", "cat": "gpu_memcpy", "name": "CopyDeviceToHost", "pid": 9, "tid": 0, "ts": 20.000, "dur": 4.000,
 "args": {"device": 9, "stream": 0, "correlation": 8, "bytes": 1024}},
{"ph": "X", "cat": "kernel", "name": "__amd_rocclr_fillBufferAligned", "pid": 9, "tid": 0, "ts": 25.000, "dur": 1.000,
 "args": {"device": 9, "stream": 0, "correlation": 9}}
]}"""

XPU = """{"schemaVersion": 1, "baseTimeNanoseconds": 1700000000000000000, "traceEvents": [
{"ph": "X", "cat": "xpu_runtime", "name": "urEnqueueKernelLaunch", "pid": 5, "tid": 6, "ts": 1.000, "dur": 2.000,
 "args": {"correlation": 3}},
{"ph": "X", "cat": "kernel", "name": "gemm_kernel", "pid": 0, "tid": 0, "ts": 4.000, "dur": 5.000,
 "args": {"device": 0, "sycl queue": 77, "correlation": 3}},
{"ph": "X", "cat": "gpu_memcpy", "name": "Memcpy M2D (Memory -> Device)", "pid": 0, "tid": 0, "ts": 10.000, "dur": 1.000,
 "args": {"device": 0, "correlation": 4, "bytes": 16}},
{"ph": "X", "cat": "gpu_memcpy", "name": "Memcpy D2M (Device -> Memory)", "pid": 0, "tid": 0, "ts": 12.000, "dur": 1.000,
 "args": {"device": 0, "correlation": 5, "bytes": 16}},
{"ph": "X", "cat": "gpu_memcpy", "name": "Memcpy sideways", "pid": 0, "tid": 0, "ts": 14.000, "dur": 1.000, "args": {}}
]}"""

CPU_ONLY = """{"schemaVersion": 1, "baseTimeNanoseconds": 1700000000000000000, "traceEvents": [
{"ph": "X", "cat": "cpu_op", "name": "aten::linear", "pid": 5, "tid": 5, "ts": 10.000, "dur": 30.000},
{"ph": "X", "cat": "cpu_op", "name": "aten::addmm", "pid": 5, "tid": 5, "ts": 12.000, "dur": 20.000},
{"ph": "X", "cat": "cpu_op", "name": "aten::copy_", "pid": 5, "tid": 5, "ts": 35.000, "dur": 4.000},
{"ph": "X", "cat": "cpu_op", "name": "aten::fill_", "pid": 5, "tid": 6, "ts": 11.000, "dur": 2.000},
{"ph": "X", "cat": "python_function", "name": "train.py(3): step", "pid": 5, "tid": 5, "ts": 9.000, "dur": 40.000},
{"ph": "M", "name": "process_name", "pid": 5, "tid": 0, "ts": 0, "args": {"name": "python"}}
]}"""

BARE_LIST = """[
{"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": 1.5, "dur": 2.25, "args": {"stream": 7}}
]"""

XLA = """{"displayTimeUnit":"ns","metadata":{"highres-ticks":true},"traceEvents":[
{"ph":"M","pid":1,"name":"process_name","args":{"name":"/device:GPU:0 (NVIDIA H100)"}},
{"ph":"M","pid":1,"name":"process_sort_index","args":{"sort_index":1}},
{"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{"name":"Stream #7(Compute)"}},
{"ph":"M","pid":1,"tid":2,"name":"thread_name","args":{"name":"Stream #14(MemcpyH2D,MemcpyD2H)"}},
{"ph":"M","pid":1,"tid":90,"name":"thread_name","args":{"name":"XLA Ops"}},
{"ph":"M","pid":1,"tid":91,"name":"thread_name","args":{"name":"Steps"}},
{"ph":"M","pid":701,"name":"process_name","args":{"name":"/host:CPU"}},
{"ph":"M","pid":701,"tid":5,"name":"thread_name","args":{"name":"python"}},
{"ph":"X","pid":1,"tid":1,"ts":100.5,"dur":20.25,"name":"loop_add_fusion","args":{"correlation_id":"11","hlo_op":"fusion"}},
{"ph":"X","pid":1,"tid":1,"ts":130,"dur":5,"name":"ncclDevKernel_AllReduce_Sum","args":{"correlation_id":"12"}},
{"ph":"X","pid":1,"tid":2,"ts":105.125,"dur":10,"name":"MemcpyH2D",
 "args":{"correlation_id":"13","memcpy_details":"kind_src:pinned kind_dst:device size:4096 dest:0 async:1"}},
{"ph":"X","pid":1,"tid":2,"ts":120,"dur":1,"name":"copy.3",
 "args":{"memcpy_details":"kind_src:device kind_dst:pageable size:8 dest:0 async:1"}},
{"ph":"X","pid":1,"tid":2,"ts":122,"dur":1,"name":"MemcpyP2P",
 "args":{"memcpy_details":"kind_src:device kind_dst:device size:8 dest:1 async:1"}},
{"ph":"X","pid":1,"tid":1,"ts":124,"dur":1,"name":"Memset","args":{"memset_details":"kind:device num_bytes:64 async:1"}},
{"ph":"X","pid":1,"tid":90,"ts":100.5,"dur":20.25,"name":"fusion"},
{"ph":"X","pid":1,"tid":91,"ts":100,"dur":40,"name":"1"},
{"ph":"X","pid":701,"tid":5,"ts":90,"dur":50,"name":"train","args":{"step_num":"1"}},
{"ph":"X","pid":701,"tid":5,"ts":91,"dur":3,"name":"cuLaunchKernel","args":{"correlation_id":"11"}},
{"ph":"X","pid":701,"tid":5,"ts":90.5,"dur":8,"name":"PjitFunction(step)"},
{}]}"""

MXNET = """{
    "traceEvents": [
        {"ph": "M", "args": {"name": "cpu/0"}, "pid": 0, "name": "process_name"},
        {"ph": "M", "args": {"name": "gpu/1"}, "pid": 1, "name": "process_name"},
    {"name": "dot", "cat": "operator", "ph": "B", "ts": 1795413170476549, "pid": 0, "tid": 16490495376574680852},
    {"name": "dot", "cat": "operator", "ph": "E", "ts": 1795413170476649, "pid": 0, "tid": 16490495376574680852},
    {"name": "CopyGPU2CPU", "cat": "operator", "ph": "B", "ts": 1795413170476600, "pid": 1, "tid": 2},
    {"name": "CopyGPU2CPU", "cat": "operator", "ph": "E", "ts": 1795413170476700, "pid": 1, "tid": 2},
    {"name": "dot", "cat": "operator", "ph": "b", "ts": 1795413170476549, "id": 3, "pid": 306, "tid": 16490495376574680852},
    {"name": "dot", "cat": "operator", "ph": "e", "ts": 1795413170476649, "id": 3, "pid": 306, "tid": 16490495376574680852},
    {"name": "Memory: cpu/0", "cat": "Device Storage", "ph": "C", "ts": 1795413170476649, "pid": 9, "tid": 2,
     "args": {"Memory: cpu/0": 72000000}},
    {"name": "late", "cat": "operator", "ph": "B", "ts": 1795413170476800, "pid": 0, "tid": 16490495376574680852}
    ],
    "displayTimeUnit": "ms"
}"""

SAMPLED = """{"schemaVersion": 1, "displayTimeUnit": "ns", "baseTimeNanoseconds": 1790857026000000000,
"traceEvents": [
{"ph":"X","cat":"cuda_runtime","name":"cudaLaunchKernel","pid":77,"tid":77,"ts":100.000,"dur":5.500,"args":{"correlation":1}},
{"ph":"X","cat":"kernel","name":"sgemm","pid":0,"tid":7,"ts":106.001,"dur":20.002,"args":{"device":0,"stream":7,"correlation":1}},
{"ph":"P","cat":"disabled-by-default-v8.cpu_profiler","name":"Profile","id":"0x1","pid":77,"tid":77,"ts":90.001,"args":{"data":{"startTime":90}}},
{"ph":"P","cat":"disabled-by-default-v8.cpu_profiler","name":"ProfileChunk","id":"0x1","pid":77,"tid":77,"ts":90.001,"args":{"data":{"cpuProfile":{"nodes":[{"id":2,"callFrame":{"functionName":"<module>","scriptId":0,"url":"/a/train.py","lineNumber":89}},{"id":3,"parent":2,"callFrame":{"functionName":"batches","scriptId":0,"url":"/a/train.py","lineNumber":56}}],"samples":[3,2]},"timeDeltas":[0,10],"gpuTrace":{"start_ns":90001,"deltas_ns":[0,10000],"durations_ns":[10000,9000],"states":[3,4]}}}}
]}
"""

JSON = {
    "cuda": CUDA,
    "kineto 2021": KINETO_2021,
    "rocm": ROCM,
    "xpu": XPU,
    "cpu only": CPU_ONLY,
    "bare list": BARE_LIST,
    "sampled": SAMPLED,
    "xla": XLA,
    "mxnet": MXNET,
}

_STAMPS = "start INTEGER, end INTEGER"
_ON_DEVICE = "deviceId INTEGER, contextId INTEGER, streamId INTEGER, correlationId INTEGER"
_SIZES = "gridX INTEGER, gridY INTEGER, gridZ INTEGER, blockX INTEGER, blockY INTEGER, blockZ INTEGER"
_PAYLOAD = "uint64Value INTEGER, int64Value INTEGER, doubleValue REAL, uint32Value INTEGER, int32Value INTEGER"
_CUPTI = "CUPTI_ACTIVITY_KIND_"
_THREAD = (77 << 24) | 79
_PROCESS = 77 << 24
_OTHER_MACHINE = 1 << 56

NSYS_TABLES = {
    "StringIds": (
        "id INTEGER PRIMARY KEY, value TEXT",
        [(1, "void gemm<float>(float*)"), (2, "gemm"), (3, "cudaLaunchKernel_v7000"), (4, "registered"), (5, "main")],
    ),
    "TARGET_INFO_GPU": ("vmId INTEGER, id INTEGER, name TEXT, cuDevice INTEGER", [(0, 0, "NVIDIA A100", 0)]),
    "TARGET_INFO_SESSION_START_TIME": ("utcEpochNs INTEGER, utcTime TEXT", [(1700000000000000000, "then")]),
    "META_DATA_EXPORT": ("name TEXT, value TEXT", [("EXPORT_SCHEMA_VERSION", "3.11.0")]),
    _CUPTI + "KERNEL": (
        f"{_STAMPS}, {_ON_DEVICE}, globalPid INTEGER, demangledName INTEGER, shortName INTEGER, {_SIZES}",
        [(1000, 3001, 0, 1, 7, 11, _PROCESS, 1, 2, 16, 32, 1, 256, 1, 1)],
    ),
    _CUPTI + "MEMCPY": (
        f"{_STAMPS}, {_ON_DEVICE}, globalPid INTEGER, bytes INTEGER, copyKind INTEGER, srcKind INTEGER, dstKind INTEGER,"
        " srcDeviceId INTEGER, dstDeviceId INTEGER",
        [
            (1500, 1800, 0, 1, 13, 12, _PROCESS, 4096, 1, 0, 2, None, None),
            (1900, 2000, 0, 1, 13, 13, _PROCESS, 4096, 2, 2, 1, None, None),
            (2100, 2200, 0, 1, 13, 14, _PROCESS, 4096, 10, 2, 2, 0, 1),
            (2300, 2400, 0, 1, 13, 15, _PROCESS, 4096, 8, 2, 4, None, None),
            (2500, 2600, 0, 1, 13, 16, _PROCESS, 4096, 9, 1, 1, None, None),
            (2700, None, 0, 1, 13, 17, _PROCESS, 4096, 1, 1, 2, None, None),
        ],
    ),
    _CUPTI + "MEMSET": (
        f"{_STAMPS}, {_ON_DEVICE}, globalPid INTEGER, bytes INTEGER, memKind INTEGER",
        [(3100, 3200, 0, 1, 7, 18, _PROCESS, 64, 2)],
    ),
    _CUPTI + "RUNTIME": (
        f"{_STAMPS}, globalTid INTEGER, correlationId INTEGER, nameId INTEGER, returnValue INTEGER",
        [(900, 950, _THREAD, 11, 3, 0), (1400, 1450, _THREAD | _OTHER_MACHINE, 12, 3, 0)],
    ),
    _CUPTI + "SYNCHRONIZATION": (
        f"{_STAMPS}, {_ON_DEVICE}, globalPid INTEGER, syncType INTEGER",
        [(3300, 3400, 0, 1, 7, 19, _PROCESS, 3), (3500, 3600, 0, 1, 4294967295, 20, _PROCESS, 4)],
    ),
    "NVTX_EVENTS": (
        f"{_STAMPS}, eventType INTEGER, rangeId INTEGER, category INTEGER, color INTEGER, text TEXT, globalTid INTEGER,"
        f" textId INTEGER, domainId INTEGER, {_PAYLOAD}",
        [
            (0, None, 75, None, None, None, "NCCL", _THREAD, None, 2, *[None] * 5),
            (0, None, 33, None, 5, None, "io", _THREAD, None, 2, *[None] * 5),
            (800, 3700, 59, None, 5, 0xFF00AA11, "step", _THREAD, None, 2, None, 42, None, None, None),
            (850, 870, 60, 1, None, None, None, _THREAD, 4, 0, None, None, 2.5, None, None),
            (860, None, 34, None, None, None, "mark", _THREAD, None, 0, *[None] * 5),
            (870, None, 59, None, None, None, "endless", _THREAD, None, 0, *[None] * 5),
        ],
    ),
    "ThreadNames": ("nameId INTEGER, priority INTEGER, globalTid INTEGER", [(5, 0, _THREAD)]),
    "PROCESSES": ("globalPid INTEGER, pid INTEGER, name TEXT", [(_PROCESS, 77, "python3")]),
    "OSRT_API": (f"{_STAMPS}, globalTid INTEGER, nameId INTEGER", [(10, 20, _THREAD, 3), (30, 40, _THREAD, 3)]),
}

NSYS_OLD = {
    # 2021: no session start, no globalPid, names by shortName alone
    "StringIds": NSYS_TABLES["StringIds"],
    _CUPTI + "KERNEL": (f"{_STAMPS}, {_ON_DEVICE}, shortName INTEGER", [(1000, 3001, 0, 1, 7, 11, 2)]),
    _CUPTI + "GRAPH_TRACE": (f"{_STAMPS}, {_ON_DEVICE}, graphId INTEGER", [(4000, 5000, 0, 1, 7, 30, 6)]),
}


def write_nsys(path: Path, tables: dict[str, tuple[str, list[tuple[object, ...]]]]) -> Path:
    """An export with these tables."""
    database = sqlite3.connect(path)
    for name, (columns, rows) in tables.items():
        database.execute(f'CREATE TABLE "{name}" ({columns})')
        database.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows[0]))})', rows)
    database.commit()
    database.close()
    return path
