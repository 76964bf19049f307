"""``gpu-trace summary --top``: what it prints, and what is in the documents without it."""

from __future__ import annotations

import json
import shutil

import pytest
from click.testing import CliRunner

from gpu_trace.commands.summary import summary


def printed(*arguments):
    result = CliRunner().invoke(summary, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_terminal_has_the_work_only_if_asked(recorded):
    trace = recorded("two_streams")
    assert "\noperation, " not in printed(trace)
    assert "\noperation, steps 0 to 49" in printed("--top", 3, trace)
    assert "\noperator, steps 0 to 49" in printed("--top", 3, trace)


def test_markdown_is_as_the_terminal(recorded):
    assert "Operations of" not in printed("--markdown", recorded("two_streams"))
    assert "## Operations of steps 0 to 49" in printed("--markdown", "--top", 3, recorded("two_streams"))


@pytest.mark.parametrize(("arguments", "top", "operators"), [((), 20, False), (("--top", 1), 1, True)])
def test_the_document_has_it_anyway_and_operators_if_asked(arguments, top, operators, recorded):
    work = json.loads(printed("--json", *arguments, recorded("two_streams")))["work"]
    assert work["top"] == top
    assert len(work["operations"]) == min(top, 2)
    assert bool(work["operators"]) is operators


def test_tables_and_pages_have_it_anyway(recorded, tmp_path):
    printed("--csv", tmp_path / "tables", "--html", tmp_path / "page.html", recorded("two_streams"))
    assert (tmp_path / "tables/operations.csv").read_text().count("\n") == 3
    assert "Operations of steps 0 to 49" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("number", ["0", "-1", "x"])
def test_a_number_of_rows_is_at_least_one(number, recorded):
    assert CliRunner().invoke(summary, ["--top", number, str(recorded("two_streams"))]).exit_code == 2


def test_the_account_chooses_the_window(recorded):
    whole = json.loads(printed("--json", "--whole", recorded("ddp_rank0")))["work"]["devices"][0]
    steps = json.loads(printed("--json", "--steps", "2:4", recorded("ddp_rank0")))["work"]["devices"][0]
    assert steps["count"] < whole["count"]
    assert steps["window_ns"] < whole["window_ns"]


def test_of_several_runs_there_is_no_work(recorded, tmp_path):
    for name in ("two_streams", "seed_blocking"):
        (tmp_path / name).mkdir()
        shutil.copy(recorded(name), tmp_path / name / "trace.json.gz")
    result = CliRunner().invoke(summary, ["--top", "3", str(tmp_path)])
    assert result.exit_code != 0
    assert "holds 2 runs, not one" in str(result.exception)
