"""A trace comes from anywhere, and its names reach a terminal."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from gpu_trace.cli import gpu_trace
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.comparison import compare
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports import changes
from gpu_trace_analyzers.reports.html import to_html
from gpu_trace_analyzers.reports.markdown import to_markdown
from gpu_trace_analyzers.reports.text import to_text

EVIL = "\x1b]0;title\x07\x1b[2J\x9b1A\r\x7f" + "".join(
    map(chr, (0x61C, *range(0x200E, 0x2010), *range(0x2028, 0x202F)))
)
EVIL += "".join(map(chr, range(0x2066, 0x206A)))


def event(ts, dur, category, name, pid=0, **arguments):
    arguments = {"device": 0, "stream": 7, "correlation": 1} | arguments
    rows = {"ph": "X", "cat": category, "name": name, "pid": pid, "tid": 7, "ts": ts, "dur": dur}
    return rows | {"args": arguments}


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "evil.json"
    events = [
        event(1, 2, "kernel", f"k{EVIL}"),
        event(5, 2, "gpu_memcpy", f"Memcpy sideways {EVIL}"),
        event(9, 2, "gpu_memcpy", "Memcpy DtoH (Device -> Pageable)"),
        event(0, 1, "cuda_runtime", f"cudaMemcpyAsync{EVIL}", pid=70),
        event(0, 50, "user_annotation", f"r{EVIL}", pid=70),
        event(20, -1, "kernel", f"n{EVIL}"),
        {"ph": "M", "name": "process_name", "pid": 70, "tid": 0, "ts": 0, "args": {"name": f"python{EVIL}"}},
    ]
    devices = [{"id": 0, "name": f"GPU{EVIL}"}]
    path.write_text(json.dumps({"schemaVersion": 1, "deviceProperties": devices, "traceEvents": events}))
    return path


@pytest.mark.parametrize(
    "command",
    [
        ["summary"],
        ["summary", "--markdown"],
        ["info"],
        ["check", "--min-overlap", "0.5"],
        ["diff", "{trace}"],
    ],
    ids=" ".join,
)
def test_no_name_commands_the_terminal(command, trace):
    arguments = [argument.format(trace=trace) for argument in command]
    # color: click itself removes some escapes where the output is no terminal.
    shown = CliRunner().invoke(gpu_trace, [*arguments, str(trace)], color=True).stdout
    assert "GPU 0" in shown
    assert re.sub(r"\x1b\[[\d;]*m", "", shown).replace("\n", "").isprintable()


def test_no_name_turns_the_text_of_a_report_around(trace):
    for text in (
        to_markdown(Analysis(load(trace)).summary),
        to_text(Analysis(load(trace)).summary),
        changes.to_text(compare([Analysis(load(trace)).summary], [Analysis(load(trace)).summary])),
        to_html(Analysis(trace), Analysis(trace).summary),
    ):
        assert "r\ufffd" in text
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text)


def test_what_programs_read_keeps_its_names(trace):
    shown = CliRunner().invoke(gpu_trace, ["summary", "--json", str(trace)])
    assert json.loads(shown.stdout)["ranges"][0]["name"] == f"r{EVIL}"
