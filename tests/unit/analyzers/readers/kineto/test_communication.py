"""A kernel is communication by its arguments, else by the operator that launched it, else by its name."""

from __future__ import annotations

import json

import pytest

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.readers import load

COLLECTIVE, COMPUTE = Engine.COLLECTIVE, Engine.COMPUTE


def span(name: str, cat: str, pid: int, **more: object) -> dict:
    return {"ph": "X", "cat": cat, "name": name, "pid": pid, "tid": 1, "ts": 1, "dur": 5, **more}


def operator(name: str, number: int, pid: int = 9) -> dict:
    return span(name, "cpu_op", pid, args={"External id": number})


def kernel(number: int | None, name: str = "mystery", **args: object) -> dict:
    operator = {} if number is None else {"External id": number}
    return span(name, "kernel", 0, args={"device": 0, "stream": 7, **operator, **args})


@pytest.fixture
def engines(tmp_path):
    """The engines of a trace's kernels."""

    def read(*events: dict, operators: bool = False) -> list[int]:
        path = tmp_path / "trace.json"
        path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": events}))
        return load(path, operators=operators).work.engine.tolist()

    return read


@pytest.mark.parametrize("operators", [False, True])
@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("record_param_comms", COLLECTIVE),
        ("c10d::allreduce_", COLLECTIVE),
        ("_c10d_functional::all_gather_into_tensor", COLLECTIVE),
        ("_c10d_functional_autograd::all_to_all_single", COLLECTIVE),
        ("symm_mem::one_shot_all_reduce", COLLECTIVE),
        ("symm_mem::fused_all_gather_matmul", COMPUTE),
        ("symm_mem::_async_input_mm", COMPUTE),
        ("aten::copy_", COMPUTE),  # also inside a c10d operator: the innermost one launches
        ("my_c10d::allreduce", COMPUTE),
    ],
)
def test_the_operator_that_launched_a_kernel_says_what_it_is(engines, name, engine, operators):
    events = operator("c10d::allgather_", 1), operator(name, 2), kernel(2)
    assert engines(*events, operators=operators) == [engine]


def test_only_kernels_of_that_operator_are_meant(engines):
    assert engines(operator("c10d::allreduce_", 2), kernel(3), kernel(None)) == [COMPUTE] * 2


def test_arguments_come_first_and_names_last(engines):
    assert engines(operator("aten::mm", 2), kernel(2, **{"Collective name": "allreduce"})) == [COLLECTIVE]
    assert engines(operator("aten::mm", 2), kernel(2, "ncclDevKernel_AllReduce")) == [COLLECTIVE]


def test_what_ran_before_its_operator_stands_in_the_file(engines):
    assert engines(kernel(2), operator("record_param_comms", 2)) == [COLLECTIVE]


def test_two_processes_may_use_one_id_for_two_operators(engines):
    calls = [span("cudaLaunchKernel", "cuda_runtime", pid) for pid in (9, 10)]
    assert engines(operator("c10d::allreduce_", 2), operator("aten::mm", 2, pid=10), kernel(2), *calls) == [COMPUTE]


@pytest.mark.parametrize("number", [0, -1])
def test_no_operator_is_none(engines, number):
    assert engines(operator("c10d::allreduce_", number), kernel(number)) == [COMPUTE]


@pytest.mark.parametrize(
    ("name", "elements", "size"),
    [
        ("allreduce", (100, 100, "Float"), 400),
        ("_allgather_base", (100, 800, "BFloat16"), 200),
        ("_reduce_scatter_base", (800, 100, "Double"), 800),
        ("broadcast", (3, 3, "Bool"), 3),
        ("allreduce", (100, 100, "Complex"), -1),  # no type that is known
        ("allreduce", (100, None, "Float"), -1),
        ("allreduce", (0, 0, "Float"), -1),
        ("allgather_into_tensor_coalesced", (100, 800, "Float"), -1),
    ],
)
def test_the_bytes_of_a_collective_are_its_elements_as_nccl_counts_them(tmp_path, name, elements, size):
    keys = zip(("In msg nelems", "Out msg nelems", "dtype"), elements, strict=True)
    said = {key: value for key, value in keys if value is not None}
    path = tmp_path / "trace.json"
    event = kernel(2, "ncclDevKernel", **{"Collective name": name}, **said)
    path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": [event]}))
    assert load(path).work.size.tolist() == [size]
    event["args"]["bytes"] = 7  # what gpu-trace wrote is said exactly
    path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": [event]}))
    assert load(path).work.size.tolist() == [7]


def test_elements_of_a_kernel_that_is_no_collective_say_no_size(tmp_path):
    path = tmp_path / "trace.json"
    event = kernel(2, **{"In msg nelems": 100, "Out msg nelems": 100, "dtype": "Float"})
    path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": [event]}))
    assert load(path).work.size.tolist() == [-1]
