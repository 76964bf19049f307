"""A folder of several runs is listed, and no figure is of two of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gpu_trace.cli import gpu_trace
from gpu_trace_analyzers.questions.overlap import device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load

TRACES = Path(__file__).parents[4] / "samples/traces"
NAMES = ("seed_nonblocking", "two_streams", "gpu1_and_gpu2")


def ran(*arguments):
    return CliRunner(env={"COLUMNS": "100"}).invoke(gpu_trace, [str(each) for each in arguments])


@pytest.fixture
def folder(tmp_path):
    """Three runs of one file each, and a job of two ranks."""
    for name in NAMES:
        shutil.copy(TRACES / f"{name}.json.gz", tmp_path)
    shutil.copytree(TRACES / "two_h200/ddp", tmp_path / "ddp")
    return tmp_path


def test_each_run_has_its_name_its_span_and_its_whole_first_line(folder):
    result = ran("summary", folder)
    assert result.exit_code == 0
    title, empty, *lines = result.stdout.splitlines()
    assert (title, empty) == (f"{folder} · 4 runs", "")
    assert [line.split() for line in lines[:1]] == [["run", "span", "verdict"]]
    expected = {
        "ddp": ("5.03 s", "computed for 96.3 % of steps 0 to 5: products in float32 without tensor cores"),
        "gpu1_and_gpu2.json.gz": (
            "132.6 ms",
            "computed for 99.9 % of the time: products in float32 without tensor cores",
        ),
        "seed_nonblocking.json.gz": ("188.7 ms", "in exposed copies for 30.7 % of the time: same stream as compute"),
        "two_streams.json.gz": ("132.0 ms", "computed for 99.1 % of steps 0 to 49: products in float32 without tensor"),
    }
    words = " ".join(" ".join(lines).split())
    for name, (span, verdict) in expected.items():
        assert f"{name} {span} {verdict}" in words


@pytest.mark.parametrize("columns", [40, 60, 100])
def test_a_line_is_never_longer_than_the_terminal_and_keeps_its_span(folder, columns):
    result = CliRunner(env={"COLUMNS": str(columns)}).invoke(gpu_trace, ["summary", str(folder)])
    for line in result.stdout.splitlines()[2:]:
        assert len(line) <= columns
    assert all(span in result.stdout for span in ("188.7 ms", "132.0 ms"))
    ends_of_verdicts = ["(fix saves up to 57.9 ms)", "cores (100.0 % of compute)", "cores (89.1 % of compute)"]
    assert all(end in " ".join(verdicts(result.stdout).split()) for end in ends_of_verdicts)


def verdicts(listed: str) -> str:
    """The last column."""
    _, _, table = listed.partition("\n\n")
    head, *lines = table.splitlines()
    return "\n".join(line[head.index("verdict") :] for line in lines)


def test_the_document_has_each_run_by_itself(folder):
    document = json.loads(ran("summary", "--json", folder).stdout)
    assert (document["schema"], document["path"]) == ("gpu-trace.runs/1", str(folder))
    runs = {run["name"]: run for run in document["runs"]}
    assert list(runs) == ["ddp", "gpu1_and_gpu2.json.gz", "seed_nonblocking.json.gz", "two_streams.json.gz"]
    for run in runs.values():
        [path] = run["paths"]
        alone = json.loads(ran("summary", "--json", path).stdout)
        assert run["devices"] == alone["devices"]
        assert run["problem"] is None
        first = min(device["start_ns"] for device in alone["devices"])
        trace = load(path)
        assert run["span_ns"] == int(trace.work.end_ns.max()) - first
        assert run["span_ns"] >= max(device_figures(Scope(trace), i).span_ns for i in range(len(trace.devices)))


def test_a_page_of_them(folder):
    lines = ran("summary", "--markdown", folder).stdout.splitlines()
    assert "| run | span | verdict |" in lines
    assert sum(line.startswith("| ") and "computed for" in line for line in lines) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "FOLDER", "--min-overlap", "0.5"],
        ["diff", "FOLDER", TRACES / "two_streams.json.gz"],
        ["diff", TRACES / "two_streams.json.gz", "FOLDER"],
        ["export", "FOLDER", "-o", "OUT/a.json"],
        ["export", "FOLDER", "-o", "OUT/a.pftrace"],
        ["info", "FOLDER"],
        ["open", "--no-browser", "--timeout", "0", "FOLDER"],
        ["summary", "FOLDER", "--csv", "OUT/tables"],
        ["summary", "FOLDER", "--html", "OUT/a.html"],
        ["summary", "FOLDER", "--from", "1ms"],
        ["summary", "FOLDER", "--to", "1ms"],
        ["summary", "FOLDER", "--step-range", "step"],
    ],
    ids=lambda arguments: " ".join(arguments[:1] + [str(each) for each in arguments if str(each).startswith("--")]),
)
def test_what_speaks_of_one_run_asks_for_one_and_writes_nothing(arguments, folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    places = {"FOLDER": str(folder)}
    result = ran(*(places.get(str(each), str(each).replace("OUT", str(out))) for each in arguments))
    assert result.exit_code == 2
    assert f"{folder}: holds 4 runs, not one; give one of them, such as {folder / 'ddp'}" in result.stderr
    assert list(out.iterdir()) == []


def test_runs_that_say_nothing_are_lines_too_and_the_exit_code_tells(folder):
    (folder / "idle.json").write_text('[{"ph": "X", "name": "a", "pid": 1, "tid": 1, "ts": 1, "dur": 1}]')
    result = ran("summary", folder)
    assert result.exit_code == 4
    assert any(line.split(None, 2) == ["idle.json", "–", "no device activity"] for line in result.stdout.splitlines())
    (folder / "crashed").mkdir()
    (folder / "crashed/run.json").write_text("{}")
    result = ran("summary", folder)
    assert result.exit_code == 3
    assert "is a run folder without a trace" in result.stdout
    problems = [run["problem"] for run in json.loads(ran("summary", "--json", folder).stdout)["runs"]]
    assert [problem is not None for problem in problems] == [True, False, False, False, False, False]


def test_a_folder_of_one_run_is_that_run(tmp_path):
    shutil.copytree(TRACES / "two_h200/ddp", tmp_path / "runs/ddp")
    shown = [
        ran("summary", folder).stdout.replace(f"{folder} · ", "")
        for folder in (tmp_path / "runs", tmp_path / "runs/ddp")
    ]
    assert shown[0] == shown[1]
