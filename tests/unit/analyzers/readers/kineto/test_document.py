"""What a file says of itself beside its events."""

from __future__ import annotations

import json

import pytest

from gpu_trace_analyzers.contents import contents
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports import contents as report

OPERATOR = {"ph": "X", "cat": "cpu_op", "name": "aten::add", "ts": 1, "dur": 2, "args": {}}


def written(path, *pids, **keys):
    document = {"schemaVersion": 1, **keys, "traceEvents": [OPERATOR | {"pid": pid, "tid": pid} for pid in pids]}
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize(("keys", "host"), [({"host": "node-0007"}, "node-0007"), ({}, ""), ({"host": 7}, "")])
def test_every_process_of_a_file_is_on_its_host(keys, host, tmp_path):
    trace = load(written(tmp_path / "trace.json", 3, 4, **keys), operators=True)
    assert [(process.pid, process.host) for process in trace.processes] == [(3, host), (4, host)]


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("gpu_7.cluster_3.1790857026000000000.pt.trace.json", "gpu_7.cluster"),
        ("gpu_7.cluster_5.1790857026000000000.pt.trace.json", ""),  # a name that a script chose: no process has it
        ("_3.1790857026000000000.pt.trace.json", ""),
        ("gpu-7_3.trace.json", ""),
    ],
)
def test_the_name_of_a_file_of_tensorboards_handler_has_the_host(name, host, tmp_path):
    trace = load(written(tmp_path / name, 3), operators=True)
    assert [process.host for process in trace.processes] == [host]
    trace = load(written(tmp_path / name, 3, host="stated"), operators=True)
    assert [process.host for process in trace.processes] == ["stated"]


def test_ranks_of_a_folder_keep_their_hosts(tmp_path):
    for rank in (0, 1):
        written(
            tmp_path / f"trace-rank-{rank}.json",
            3,
            host=f"node-{rank}",
            baseTimeNanoseconds=0,
            distributedInfo={"rank": rank, "world_size": 2},
        )
    assert [(process.rank, process.host) for process in load(tmp_path).processes] == [(0, "node-0"), (1, "node-1")]


def test_the_host_is_listed_with_the_process(tmp_path):
    found = contents(load(written(tmp_path / "trace.json", 3, host="node-0007"), operators=True))
    assert "  3, on node-0007\n" in report.to_text(found)
    [process] = json.loads(report.to_json(found))["processes"]
    assert process["host"] == "node-0007"
