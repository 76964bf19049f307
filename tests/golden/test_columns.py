"""The columns of every recorded trace are read as that trace, and every command says the same of them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from equal_traces import assert_equal
from gpu_trace.cli import gpu_trace
from gpu_trace_analyzers.columnar.folder import columns_into
from gpu_trace_analyzers.model import MISSING, Engine
from gpu_trace_analyzers.readers import load

TRACES = Path(__file__).parents[2] / "samples/traces"
RECORDED = sorted(
    path.relative_to(TRACES).as_posix() for path in TRACES.rglob("*.json.gz") if "whatif" not in path.parts
)
RUNS = ["seed_nonblocking.json.gz", "ddp_rank0.json.gz", "mxnet_two_workers.json.gz", "two_h200/ddp"]


def written(*arguments):
    result = CliRunner(env={"COLUMNS": "100"}).invoke(gpu_trace, [str(each) for each in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def named(trace, path):
    return replace(trace, source=replace(trace.source, path=str(path)))


@pytest.mark.parametrize("name", RECORDED)
def test_the_trace_comes_back(name, tmp_path):
    file, folder = TRACES / name, tmp_path / "columns"
    with columns_into(folder, {file: MISSING}) as into:
        whole = load(file, operators=True, keep=into.keep)
        into.finish()
    back = load(folder, operators=True)
    assert back.strings == whole.strings
    assert_equal(back, named(whole, folder))
    lean = load(file)
    back = load(folder)
    assert set(back.strings) == set(lean.strings)
    assert_equal(back, named(lean, folder))


@pytest.mark.parametrize("name", RUNS)
def test_commands_say_the_same(name, tmp_path):
    run, folder = TRACES / name, tmp_path / "columns"
    assert written("summary", "--json", run, "--columns", folder) == written("summary", "--json", run)
    for command in (("summary", "--json"), ("summary", "--json", "--top", "3"), ("info", "--json")):
        of_run, of_columns = (json.loads(written(*command, path)) for path in (run, folder))
        places = [found.get("source", found) for found in (of_run, of_columns)]
        assert [place.pop("path") for place in places] == [str(run), str(folder)]
        assert of_columns == of_run


def test_they_are_checked_compared_and_exported_as_the_run(tmp_path):
    run, folder = TRACES / "seed_nonblocking.json.gz", tmp_path / "columns"
    written("summary", run, "--columns", folder)
    check = ("check", "--min-overlap", "0", "--max-idle", "99%")
    assert written(*check, folder) == written(*check, run).replace(str(run), str(folder))
    of_columns, of_run = (json.loads(written("diff", "--json", run, after))["devices"] for after in (folder, run))
    assert of_columns == of_run
    exports = (tmp_path / "run.json", tmp_path / "columns.json")
    for path, export in zip((run, folder), exports, strict=True):
        written("export", path, "-o", export)
    assert_equal(*(named(load(export), "") for export in exports))


def test_columns_are_a_run_among_others(tmp_path):
    written("summary", TRACES / "two_h200/ddp", "--columns", tmp_path / "runs/columns")
    (tmp_path / "runs/another").mkdir()
    shutil.copy(TRACES / "two_streams.json.gz", tmp_path / "runs/another")
    found = json.loads(written("summary", "--json", tmp_path / "runs"))["runs"]
    assert [run["name"] for run in found] == ["another/two_streams.json.gz", "columns"]


def test_the_example_of_pandas_runs(tmp_path, monkeypatch, capsys):
    written("summary", TRACES / "two_h200/ddp", "--columns", tmp_path / "columns")
    monkeypatch.chdir(tmp_path)
    page = (Path(__file__).parents[2] / "docs/columns.md").read_text("utf-8")
    exec(re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[0], {})
    trace = load(TRACES / "two_h200/ddp")
    expected = [
        int((own.end_ns - own.start_ns)[own.engine == Engine.COLLECTIVE].sum()) for own in map(trace.work_of, (0, 1))
    ]
    assert [int(line.split()[1]) for line in capsys.readouterr().out.splitlines()[1:3]] == expected
