from __future__ import annotations

import pytest
from click.testing import CliRunner

from gpu_trace.commands.info import info
from gpu_trace_analyzers.errors import FormatUnsupported
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
    assert "work of devices" in output


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
