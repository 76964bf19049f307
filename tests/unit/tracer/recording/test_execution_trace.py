"""An execution trace as PyTorch left it becomes valid JSON of the script's operators alone."""

from __future__ import annotations

import gzip
import json

import pytest

from gpu_trace.boot.contract import CALIBRATION, OWN_NODE, execution_trace_file
from gpu_trace.recording import execution_trace

HEAD = '{\n  "schema": "1.1.1-chakra.0.0.4", "pid": 7, "time": "2026-11-29 19:47:36", "start_ts": 40,\n  "nodes": ['
BEGUN, ENDED = OWN_NODE, f"{OWN_NODE} 55 ".ljust(8192, ".")
FINISHED = '\n  ],\n  "finish_ts": 77\n}'
THREAD = "[pytorch|profiler|execution_trace|thread]"
PROCESS = "[pytorch|profiler|execution_trace|process]"


def node(number: int, name: str, values: str = '[[2,3,0,4,4,"cpu"]]') -> str:
    """As PyTorch 2.13 writes one."""
    tensors = f'{{"values": {values}, "shapes": [[4]], "types": ["Tensor(float)"], "strides": [[1]]}}'
    return (
        f'\n      {{\n        "id": {number}, "name": "{name}", "ctrl_deps": 2,\n        "inputs": {tensors},\n'
        f'        "outputs": {tensors},\n'
        f'        "attrs": [{{"name": "rf_id", "type": "uint64", "value": {number}}}]\n      }}'
    )


def nodes(*names: str) -> str:
    return "".join(node(number, name) + "," for number, name in enumerate(names, start=3))


def written(text: str, folder):
    """What is written of that, and the names and numbers of its nodes."""
    (folder / execution_trace_file(7)).write_text(text, encoding="utf-8")
    found = execution_trace.write(folder, 7, folder / "out.json.gz")
    if found is None:
        assert [path.name for path in folder.iterdir()] == [execution_trace_file(7)]
        return None, {}, []
    document = json.loads(gzip.decompress((folder / "out.json.gz").read_bytes()))
    return found, document, [(each["id"], each["name"]) for each in document["nodes"]]


def test_operators_of_all_sessions_stay_and_what_recording_added_goes(tmp_path):
    text = HEAD + nodes(THREAD, BEGUN, ENDED, BEGUN, "aten::mm", ENDED, BEGUN, "aten::add", ENDED)
    found, document, names = written(text, tmp_path)
    assert names == [(3, THREAD), (7, "aten::mm"), (10, "aten::add"), (1, PROCESS)]
    assert (found.operators, found.lost) == (2, [])
    assert (document["schema"], document["start_ts"], document["finish_ts"]) == ("1.1.1-chakra.0.0.4", 40, 55)
    assert document["nodes"][1]["inputs"]["values"] == [[2, 3, 0, 4, 4, "cpu"]]


def test_what_was_calibrated_with_is_not_the_scripts(tmp_path):
    text = HEAD + nodes(BEGUN, "aten::mm", ENDED, BEGUN, CALIBRATION, "aten::add_", "aten::add_")
    found, _, names = written(text, tmp_path)
    assert (names, found.lost) == ([(4, "aten::mm"), (1, PROCESS)], [])


@pytest.mark.parametrize("name", ['a "quoted" name', "two\nlines", "tab\there", "ü", '", "ctrl_deps": x'])
def test_names_that_pytorch_does_not_escape_are_what_they_were(name, tmp_path):
    found, _, names = written(HEAD + nodes(BEGUN, name, "aten::mm", ENDED), tmp_path)
    assert (names[0], found.operators, found.lost) == ((4, name), 2, [])


def test_names_that_are_escaped_already_stay(tmp_path):
    _, _, names = written(HEAD + nodes(BEGUN, 'a \\\\"quoted\\\\" name', ENDED).replace("\\\\", "\\"), tmp_path)
    assert names[0] == (4, 'a "quoted" name')


@pytest.mark.parametrize("missing", [1, 40, 200, 300])
def test_of_a_process_that_was_killed_all_whole_operators_stay(missing, tmp_path):
    found, document, names = written((HEAD + nodes(BEGUN, "aten::mm", "aten::add"))[: -1 - missing], tmp_path)
    assert names == [(4, "aten::mm"), (1, PROCESS)]
    assert found.lost == ["the data dependencies of the last operators: the process ended before they were written"]
    assert "finish_ts" not in document


def test_an_operator_of_which_pytorch_wrote_no_json_is_left_out_and_counted(tmp_path):
    text = HEAD + nodes(BEGUN) + node(4, "aten::full", '["a "b""]') + "," + nodes("aten::mm", ENDED)
    found, _, names = written(text, tmp_path)
    assert names == [(3, "aten::mm"), (1, PROCESS)]
    assert found.lost == ["the data dependencies of 1 operators: PyTorch did not write valid JSON of them"]


def test_a_file_that_pytorch_ended_itself_keeps_its_end(tmp_path):
    text = HEAD + nodes(BEGUN, "aten::mm", ENDED) + node(1, PROCESS) + FINISHED
    found, document, names = written(text, tmp_path)
    assert (names, document["finish_ts"], found.lost) == ([(4, "aten::mm"), (1, PROCESS)], 77, [])


@pytest.mark.parametrize("text", ["", HEAD, HEAD + nodes(THREAD, BEGUN, ENDED), HEAD[:20]])
def test_a_process_without_operators_has_none(text, tmp_path):
    assert written(text, tmp_path) == (None, {}, [])
    (tmp_path / execution_trace_file(7)).unlink()
    assert execution_trace.write(tmp_path, 7, tmp_path / "out.json.gz") is None


def test_nodes_are_found_wherever_a_block_ends(tmp_path, monkeypatch):
    text = HEAD + nodes(BEGUN, "aten::mm", 'a "b"', "aten::add", ENDED)
    for size in (64, 97, 333, 1000):
        monkeypatch.setattr(execution_trace, "_BLOCK", size)
        _, _, names = written(text, tmp_path)
        assert names == [(4, "aten::mm"), (5, 'a "b"'), (6, "aten::add"), (1, PROCESS)]
