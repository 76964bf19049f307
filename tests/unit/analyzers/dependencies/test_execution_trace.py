from __future__ import annotations

import gzip
import json
import re

import pytest

from executions import run
from gpu_trace_analyzers.dependencies.execution_trace import execution_trace_of, read_execution_trace
from gpu_trace_analyzers.dependencies.find import dependencies
from gpu_trace_analyzers.errors import TraceUnreadable


@pytest.fixture
def text():
    return run("mm(x, x) -> a : k").json


def test_with_and_without_gzip(tmp_path, text):
    (tmp_path / "a.json").write_bytes(text)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(text))
    for name in ("a.json", "a.json.gz"):
        found = read_execution_trace(tmp_path / name)
        assert [node.name for node in found.nodes.values()] == ["aten::mm"]
        assert found.pid == 100


def test_keys_that_others_add_are_passed_over(text):
    document = json.loads(text)
    document |= {"finish_ts": 4, "start_ts": 3}
    document["nodes"][0] |= {"exclusive_dur": 5, "ts": 7.5, "inter_thread_dep": None}
    assert len(execution_trace_of(json.dumps(document).encode(), "a").nodes) == 1


def test_names_as_pytorch_writes_them_may_have_quotes_and_line_ends(text):
    name = b'my "range" \\ of\ntwo lines'
    found = execution_trace_of(text.replace(b'"name": "aten::mm"', b'"name": "' + name + b'"'), "a")
    assert [node.name for node in found.nodes.values()] == [name.decode()]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[: len(data) // 2], "it is not whole JSON"),
        (lambda data: gzip.compress(data)[:-40], "its gzip data is damaged"),
        (lambda data: b"", "it is not whole JSON"),
        (lambda data: b"\x0a\x07\x08", "it is not whole JSON"),  # Chakra's protobuf
        (lambda data: b'{"traceEvents": []}', "it is not an execution trace of PyTorch"),
        (lambda data: data.replace(b'"rf_id"', b'"other"'), "no operator in it has the number of its call"),
        (lambda data: re.sub(rb'"rf_id", "type": "", "value": \d+', b'"rf_id", "value": 0', data), "no operator in it"),
        (
            lambda data: re.sub(rb'"rf_id", "type": "", "value": \d+', b'"rf_id", "value": %d' % 2**63, data),
            "no operator",
        ),
        (lambda data: data.replace(b'"nodes"', b'"other"'), "it is not an execution trace of PyTorch"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path, text, change, message):
    path = tmp_path / "execution-trace.json.gz"
    path.write_bytes(change(text))
    with pytest.raises(TraceUnreadable) as error:
        read_execution_trace(path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


def test_one_of_another_process_is_refused():
    made = run("mm(x, x) -> a : k")
    other = execution_trace_of(made.json.replace(b'"pid": 100', b'"pid": 7'), "other.json")
    with pytest.raises(TraceUnreadable) as error:
        dependencies(made.trace, made.rows, other)
    assert str(error.value) == (
        "other.json: it is of process 7, and literal of 100; give the execution trace of the same run"
    )
