from __future__ import annotations

import pytest

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers import kineto
from kineto_text import InMemory

KERNEL = '{"ph": "X", "cat": "kernel", "name": "k", "pid": 3, "tid": 7, "ts": 1, "dur": 2, "args": {"stream": 7}}'


def test_work_of_a_trace_without_a_host_is_of_process_0():
    trace = kineto.read(InMemory(content=f"[{KERNEL}]".encode()), default_rules(), operators=False)
    assert [trace.processes[position].pid for position in trace.work.process.tolist()] == [0]


RANGE = '{"ph": "X", "cat": "%s", "name": "r", "pid": %d, "tid": 5, "ts": 1, "dur": 2}'
OF_A_GUEST, OF_THE_SCRIPT = RANGE % ("nvtx", 4243), RANGE % ("user_annotation", 4242)


@pytest.mark.parametrize(
    ("rows", "host"), [((OF_A_GUEST, OF_THE_SCRIPT), 4242), ((OF_THE_SCRIPT, OF_A_GUEST), 4242), ((OF_A_GUEST,), 4243)]
)
def test_work_is_of_the_process_of_the_script_whichever_made_a_range_first(rows, host):
    content = f"[{', '.join((KERNEL, *rows))}]".encode()
    trace = kineto.read(InMemory(content=content), default_rules(), operators=False)
    assert [trace.processes[position].pid for position in trace.work.process.tolist()] == [host]


SHAPED = """{"ph": "X", "cat": "cpu_op", "name": "aten::mm", "pid": 3, "tid": 3, "ts": 1, "dur": 2, "args": {
    "Input Dims": [[8,4],  [4, 2]], "Input type": ["float","c10::Half"], "Concrete Inputs": ["", ""]}}"""
BARE = '{"ph": "X", "cat": "cpu_op", "name": "aten::mm", "pid": 3, "tid": 3, "ts": 4, "dur": 2}'


def test_operators_that_multiply_are_read_with_their_shapes_though_nobody_asks():
    content = f"[{KERNEL}, {SHAPED}, {BARE}]".encode()
    trace = kineto.read(InMemory(content=content), default_rules(), operators=False)
    operators = trace.operators
    assert [trace.text(code) for code in operators.name] == ["aten::mm"]
    assert trace.text(operators.shapes[0]) == "[[8, 4], [4, 2]]"
    assert trace.text(operators.types[0]) == '["float", "c10::Half"]'
    assert trace.text(operators.values[0]) == '["", ""]'
    assert trace.source.dropped == {"framework operators": 1}


def test_a_device_has_its_capability_multiprocessors_and_memory():
    sizes = '"computeMajor": 9, "computeMinor": 0, "numSms": 132, "totalGlobalMem": 150109880320'
    told = f'"deviceProperties": [{{"id": 3, {sizes}}}, {{"id": 4}}]'
    other = KERNEL.replace('"pid": 3', '"pid": 4')
    trace = kineto.read(
        InMemory(content=f'{{{told}, "traceEvents": [{KERNEL}, {other}]}}'.encode()), default_rules(), operators=False
    )
    found = [(device.capability, device.multiprocessors, device.memory) for device in trace.devices]
    assert found == [((9, 0), 132, 150_109_880_320), (None, -1, -1)]


def test_an_operator_has_its_number_of_the_execution_trace_and_0_is_none():
    numbered = [BARE[:-1] + f', "args": {{"External id": 1, "Record function id": {number}}}}}' for number in (41, 0)]
    content = f"[{KERNEL}, {numbered[0]}, {numbered[1]}, {BARE}]".encode()
    trace = kineto.read(InMemory(content=content), default_rules(), operators=True)
    assert sorted(trace.operators.record_function.tolist()) == [MISSING, MISSING, 41]


def test_lists_have_their_codes_in_the_order_of_the_file_whatever_their_hashes():
    grids = [f"[{size}, 1, 1]" for size in range(20)]
    kernels = [KERNEL.replace('"stream": 7', f'"stream": 7, "grid": {grid}') for grid in grids]
    trace = kineto.read(InMemory(content=f"[{', '.join(kernels)}]".encode()), default_rules(), operators=False)
    assert [text for text in trace.strings if text in grids] == grids
