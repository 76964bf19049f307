from __future__ import annotations

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import HostOperators, Process, Source, Trace
from gpu_trace_analyzers.readers.leaves import with_cpu_devices


def test_an_operator_that_only_calls_views_does_the_work_itself():
    rows = [("aten::linear", 0, 100), ("aten::t", 1, 5), ("aten::addmm", 10, 90), ("aten::resolve_conj", 20, 21)]
    operators = HostOperators.of(
        {
            "start_ns": [start for _, start, _ in rows],
            "end_ns": [end for *_, end in rows],
            "name": range(len(rows)),
            "process": [0] * len(rows),
            "thread": [1] * len(rows),
        }
    )
    trace = Trace(Source("x", "kineto"), tuple(name for name, *_ in rows), processes=(Process(1),), operators=operators)
    work = with_cpu_devices(trace, default_rules(), keep_operators=False).work
    assert [trace.text(name) for name in work.name] == ["aten::addmm"]
    assert (work.end_ns - work.start_ns).tolist() == [80]
