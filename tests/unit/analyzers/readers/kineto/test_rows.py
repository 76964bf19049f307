from __future__ import annotations

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.readers import kineto
from kineto_text import InMemory

KERNEL = '{"ph": "X", "cat": "kernel", "name": "k", "pid": 3, "tid": 7, "ts": 1, "dur": 2, "args": {"stream": 7}}'


def test_work_of_a_trace_without_a_host_is_of_process_0():
    trace = kineto.read(InMemory(content=f"[{KERNEL}]".encode()), default_rules(), operators=False)
    assert [trace.processes[position].pid for position in trace.work.process.tolist()] == [0]
