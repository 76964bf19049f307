"""Every command that reads a trace takes a URL, and what it writes lies on this machine."""

from __future__ import annotations

import json
from pathlib import Path

import fsspec
import pytest
from click.testing import CliRunner

from gpu_trace.cli import gpu_trace
from gpu_trace.opening.prepare import prepare
from gpu_trace_analyzers.places import place
from gpu_trace_analyzers.readers import load
from small_traces import CUDA

WHAT_IF = Path(__file__).parents[4] / "samples/traces/whatif"
RUN = "memory://bucket/run"
PAIR = "memory://bucket/pair/seed_nonblocking.json.gz"


@pytest.fixture(autouse=True)
def memory(tmp_path, monkeypatch):
    """A store with a folder of two ranks and a recording with its execution trace; the working folder is empty."""
    system = fsspec.filesystem("memory")
    for rank in range(2):
        system.pipe(f"/bucket/run/rank{rank}.json", CUDA.replace('"dur": 20.002', f'"dur": 2{rank}.002').encode())
    for path in WHAT_IF.glob("seed_*"):
        system.pipe(f"/bucket/pair/{path.name}", path.read_bytes())
    monkeypatch.chdir(tmp_path)
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def ran(*arguments, exit_code=0):
    result = CliRunner().invoke(gpu_trace, arguments)
    assert result.exit_code == exit_code, result.output
    return result


@pytest.mark.parametrize("form", [(), ("--json",), ("--markdown",), ("--verbose",)])
def test_summary_prints_what_it_prints_of_the_same_folder_on_a_disk(memory, form):
    memory.get(RUN, "run", recursive=True)
    assert ran("summary", *form, RUN).stdout.replace(RUN, "run") == ran("summary", *form, "run").stdout


def test_the_others_print_the_same_too(memory):
    memory.get(RUN, "run", recursive=True)
    one, other = (f"{RUN}/rank{rank}.json" for rank in range(2))
    for arguments in (("info",), ("check", "--max-idle", "100%")):
        assert ran(*arguments, RUN).stdout.replace(RUN, "run") == ran(*arguments, "run").stdout
    assert f"before {one}" in ran("diff", one, other).stdout


def test_one_url_twice_on_a_side_of_diff_is_refused():
    one, other = (f"{RUN}/rank{rank}.json" for rank in range(2))
    assert "is given twice on one side" in ran("diff", one, one, "--", other, exit_code=2).stderr


def test_export_writes_a_file_here():
    ran("export", RUN, "-o", "trace.json.gz", "-q")
    assert len(load("trace.json.gz").work) == len(load(RUN).work)


def test_open_fetches_what_the_browser_gets_as_it_is(memory, tmp_path):
    ran("export", f"{RUN}/rank0.json", "-o", "trace.pftrace", "-q")
    memory.put("trace.pftrace", "/bucket/trace.pftrace")
    (folder := tmp_path / "temporary").mkdir()
    prepared = prepare(place("memory://bucket/trace.pftrace"), folder)
    assert prepared.file.parent == folder
    assert prepared.file.read_bytes() == Path("trace.pftrace").read_bytes()
    assert prepare(place(RUN), folder).name == "run.pftrace"


def test_whatif_finds_the_execution_trace_beside_and_stores_nothing(memory):
    before = memory.find("/bucket")
    result = ran("whatif", PAIR, "--range", "measured")
    assert "gpu-trace: memory://bucket/pair/seed_nonblocking.whatif.json: not written" in result.stderr
    assert memory.find("/bucket") == before
    assert list(Path().iterdir()) == []


def test_whatif_verifies_what_was_uploaded_with_the_run(memory):
    memory.get("memory://bucket/pair/", "pair/", recursive=True)
    ran("whatif", "pair/seed_nonblocking.json.gz", "--range", "measured")
    memory.put("pair/seed_nonblocking.whatif.json", "/bucket/pair/seed_nonblocking.whatif.json")
    after = PAIR.replace("nonblocking", "two_streams")
    result = ran("whatif", PAIR, "--range", "measured", "--verify", after, "--json")
    assert json.loads(result.stdout)["verified"]["after"] == after


@pytest.mark.parametrize(
    "arguments",
    [
        ("summary", RUN, "--html", "s3://bucket/page.html"),
        ("summary", RUN, "--csv", "s3://bucket/tables"),
        ("summary", RUN, "--rules", "s3://bucket/rules.toml"),
        ("check", RUN, "--junit", "s3://bucket/junit.xml"),
        ("export", RUN, "-o", "s3://bucket/trace.json"),
        ("run", "-o", "s3://bucket/run", "script.py"),
    ],
)
def test_what_is_written_cannot_be_a_url(arguments):
    assert "a URL cannot stand here; give a file or a folder of this machine" in ran(*arguments, exit_code=2).stderr
    assert list(Path().iterdir()) == []


def test_a_url_in_place_of_a_command_is_summarized():
    assert "To summarize a trace or a run folder: gpu-trace summary s3://bucket/run" in " ".join(
        ran("s3://bucket/run", exit_code=2).stderr.split()
    )
