"""Perfetto's protos are loaded where a trace is exported to its format; an export that lacks them says what to do."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace.recording.summary_files import write
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import GpuTraceError
from gpu_trace_analyzers.readers.pftrace.wire import OURS
from literal import literal
from perfetto_decoding import decode

MODULES = "gpu_trace.cli, gpu_trace.recording.summary_files, gpu_trace.exporting.formats, gpu_trace.opening.prepare"
COMMANDS = ("run", "summary", "check", "diff", "export", "info", "open")


def test_nothing_loads_them_before_a_trace_is_exported():
    loaded = "sorted(name for name in sys.modules if name.startswith(('perfetto', 'google.protobuf')))"
    commands = ", ".join(f"gpu_trace.commands.{name}" for name in COMMANDS)
    program = f"import sys, {MODULES}, {commands}; print({loaded})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture
def without_protos(monkeypatch):
    """As with a protobuf that is older than the one that they were made with."""
    for name in [name for name in sys.modules if name.startswith("gpu_trace.exporting.perfetto.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "perfetto.protos.perfetto.trace", None)


@pytest.mark.usefixtures("without_protos")
def test_an_export_without_them_says_what_to_install(tmp_path):
    with pytest.raises(GpuTraceError, match=r"pip install 'perfetto>=0\.56' 'protobuf>=6\.31\.1'"):
        export_perfetto(Analysis(literal("k 0-5")), tmp_path / "x.pftrace")
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("without_protos")
def test_a_run_without_them_has_all_other_files(recorded, tmp_path):
    shutil.copy(recorded("two_streams"), tmp_path / "trace.json.gz")
    failures = write(Analysis(tmp_path / "trace.json.gz"), tmp_path)
    assert list(failures) == ["trace.pftrace"]
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {"trace.json.gz", "summary.json", "summary.md", "report.html"}


def test_a_name_that_is_no_valid_text_is_written_as_far_as_it_is(tmp_path):
    trace = literal("k 0-5 name=a\ud800b; call cudaLaunch\udfff 0-1")
    export_perfetto(Analysis(trace), tmp_path / "x.pftrace", [])
    assert {"a?b", "cudaLaunch?"} <= {row.name for row in decode(tmp_path / "x.pftrace").slices}
    assert (tmp_path / "x.pftrace").read_bytes().startswith(OURS)
