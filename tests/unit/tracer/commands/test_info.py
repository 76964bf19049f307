from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from gpu_trace.commands.info import info
from gpu_trace.exporting.chrome import export_chrome
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import FormatUnsupported
from literal import literal
from small_traces import JSON, NSYS_TABLES, write_nsys


def shown(*arguments) -> str:
    found = CliRunner().invoke(info, [str(argument) for argument in arguments], catch_exceptions=False)
    assert found.exit_code == 0
    return found.output


@pytest.mark.parametrize("name", JSON)
def test_every_format_says_what_it_is(tmp_path, name):
    path = tmp_path / "trace.json"
    path.write_text(JSON[name])
    output = shown(path)
    assert output.startswith(f"{path}: ")
    assert "devices\n" in output
    assert "device operations" in output


def test_kineto(tmp_path):
    path = tmp_path / "trace.json"
    path.write_text(JSON["xpu"].replace('"dur": 5.000', '"dur": -5.000'))
    output = shown(path)
    assert "unclassified                       1" in output
    assert "Memcpy sideways                    1" in output
    assert "'gemm_kernel': negative duration (start 4,000 ns, duration -5,000 ns)" in output
    assert "quarantined: negative duration     1" in output


def test_nsys(tmp_path):
    output = shown(write_nsys(tmp_path / "report.sqlite", NSYS_TABLES))
    assert "nsys-sqlite" in output
    assert "rows of OSRT_API                   2" in output
    assert "EXPORT_SCHEMA_VERSION" in output


def test_damage_is_said(tmp_path):
    path = tmp_path / "killed.json"
    path.write_text(JSON["cuda"][:1500])
    output = shown(path)
    assert "damage\n" in output
    assert "cut off" in output


def test_what_is_not_supported_is_an_error_of_ours(tmp_path):
    path = tmp_path / "report.nsys-rep"
    path.write_bytes(b"\0")
    with pytest.raises(FormatUnsupported, match="nsys export"):
        CliRunner().invoke(info, [str(path)], catch_exceptions=False)


def test_one_is_one_and_a_process_without_a_name_is_left_out(tmp_path):
    path = tmp_path / "one.json"
    path.write_text(
        '{"schemaVersion": 1, "traceEvents": [{"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7,'
    )
    with path.open("a") as file:
        file.write('"ts": 1, "dur": 2, "args": {"device": 0, "stream": 7}}]}')
    output = shown(path)
    assert output.startswith(f"{path}: kineto, 1 event\n")
    assert "1 compute; 1 stream\n" in output
    assert "processes" not in output


@pytest.mark.parametrize("name", JSON)
def test_the_document_has_what_the_text_has(tmp_path, name):
    path = tmp_path / "trace.json"
    path.write_text(JSON[name])
    document = json.loads(shown(path, "--json"))
    assert (document["schema"], document["path"]) == ("gpu-trace.info/1", str(path))
    lines = shown(path).splitlines()
    assert lines[0].startswith(f"{path}: {document['format']}, {document['events']:,} event")
    for device in document["devices"]:
        for engine, rows in device["operations"].items():
            assert any(
                f"{device['label']}: " in line and f"{rows:,} {engine.replace('_', ' ')}" in line for line in lines
            )
    for reason, rows in document["not_used"].items():
        assert f"  {reason:34} {rows:,}" in lines
    assert sum(sum(device["operations"].values()) for device in document["devices"]) == document["rows"]["work"]


def test_the_document_lists_all_that_the_text_cuts(tmp_path):
    common = {"ph": "X", "cat": "gpu_memcpy", "pid": 0, "tid": 7, "dur": 1, "args": {"device": 0, "stream": 7}}
    events = [{**common, "name": f"Memcpy way {n}", "ts": n} for n in range(12)]
    path = tmp_path / "ways.json"
    path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": events}))
    assert json.loads(shown(path, "--json"))["unclassified"] == {f"Memcpy way {n}": 1 for n in range(12)}
    assert "and 2 more names" in shown(path)


def test_of_two_traces_there_are_two_documents(tmp_path):
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(JSON["cuda"])
    output = shown("--json", tmp_path / "a.json", tmp_path / "b.json")
    documents = json.loads("[" + output.replace("}\n{", "},\n{") + "]")
    assert [document["path"] for document in documents] == [str(tmp_path / "a.json"), str(tmp_path / "b.json")]


def test_values_of_recorded_counters_are_counted(tmp_path):
    text = "k 0-90; counter SM_clock 0-5 1980 MHz gpu0; counter SM_clock 5-90 1400 MHz gpu0"
    export_chrome(Analysis(literal(text)), tmp_path / "trace.json")
    assert "values of recorded counters        2\n" in shown(tmp_path / "trace.json")


def test_threads_whose_stacks_were_sampled_are_told_with_rate_and_share(tmp_path):
    each = [f"sample {at}000000-{at + 10}000000 t7 f@a.py:1" for at in (0, 10, 20, 30)]
    text = "; ".join(["k 0-80000000", *each, "sample 5-9 t8"])
    export_chrome(Analysis(literal(text)), tmp_path / "trace.json")
    output = shown(tmp_path / "trace.json")
    assert "sampled stacks                     5\n" in output
    assert "threads whose stacks were sampled\n" in output
    assert "  thread 7: 4 samples, 100.0 per second, 50.0 % of the recorded time\n" in output
    assert "  thread 8: 1 sample, <0.1 % of the recorded time; 1 without a stack\n" in output
    [first, second] = json.loads(shown(tmp_path / "trace.json", "--json"))["sampled_threads"]
    assert first == {
        "pid": 100,
        "thread": 7,
        "name": "thread 7",
        "samples": 4,
        "without_stack": 0,
        "period_ns": 10_000_000,
        "covered_ns": 40_000_000,
        "recorded_ns": 80_000_000,
    }
    assert (second["period_ns"], second["without_stack"], second["covered_ns"]) == (None, 1, 4)
