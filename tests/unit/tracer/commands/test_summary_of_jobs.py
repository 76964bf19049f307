"""``gpu-trace summary`` of a job of more than 8 ranks, and of one rank of a job."""

from __future__ import annotations

import csv
import json
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from gpu_trace.commands.summary import summary
from gpu_trace_analyzers.errors import GpuTraceError, UsageError
from gpu_trace_analyzers.job.reading import on_processes
from scripts.rank_copies import SMALL, write_ranks

if TYPE_CHECKING:
    from pathlib import Path

RANKS = 9


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jobs") / "job"
    write_ranks(folder, RANKS, SMALL)
    return folder


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("jobs") / "few"
    write_ranks(folder, 2, SMALL)
    return folder


def run(*arguments):
    return CliRunner().invoke(summary, [str(argument) for argument in arguments])


def printed(*arguments):
    result = run(*arguments)
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.stdout


def refused(*arguments):
    result = run(*arguments)
    assert isinstance(result.exception, GpuTraceError), result.output
    return result.exception


def test_many_ranks_are_one_document_and_few_are_the_one_of_traces(job, few):
    document = json.loads(printed("--json", job))
    assert (document["schema"], document["ranks"]) == ("gpu-trace.job/1", RANKS)
    assert json.loads(printed("--json", few))["schema"] == "gpu-trace.summary/1"


def test_the_terminal_gets_one_screen_that_says_how_to_see_more(job):
    lines = printed(job).splitlines()
    assert len(lines) <= 24
    assert lines[-1] == "--verbose shows hosts, process groups, stages and clocks too"
    assert f"{RANKS} ranks" in "\n".join(lines)
    assert len(printed("--verbose", job).splitlines()) > len(lines)


def test_markdown_and_a_page_are_of_the_job(job, tmp_path):
    assert printed("--markdown", job).startswith("#")
    page = tmp_path / "page.html"
    result = run("--html", page, job)
    assert result.stdout == ""
    assert f"wrote {page}" in result.stderr
    assert "gpu-trace" in page.read_text()


def test_one_rank_is_shown_as_a_trace_alone(job):
    document = json.loads(printed("--json", "--rank", 3, job))
    assert document["schema"] == "gpu-trace.summary/1"
    assert [device["rank"] for device in document["devices"]] == [3]


def test_one_rank_says_what_it_cannot_tell_alone(job):
    last = printed("--rank", 3, job).splitlines()[-1]
    assert "only the job's summary tells waiting from transfer" in last
    assert len(last) <= 80


def test_a_rank_of_few_is_shown_alone_too(few):
    assert [row["rank"] for row in json.loads(printed("--json", "--rank", 1, few))["devices"]] == [1]
    file = next(few.glob("*-1.json.gz"))
    assert [row["rank"] for row in json.loads(printed("--json", "--rank", 1, file))["devices"]] == [1]


@pytest.mark.parametrize(("rank", "choice"), [(9, "choose one of its 9, 0 to 8"), (1000, "choose one of its 9")])
def test_a_rank_that_is_not_there_is_told_with_those_that_are(rank, choice, job):
    error = refused("--rank", rank, job)
    assert isinstance(error, UsageError)
    assert str(error).startswith(f"{job}: has no rank {rank}; {choice}")


def test_a_file_without_that_rank_has_another(few):
    assert str(refused("--rank", 0, next(few.glob("*-1.json.gz")))).endswith("has no rank 0; it has rank 1")


def test_tables_are_of_all_ranks(job, tmp_path):
    assert run("--csv", tmp_path / "tables", job).exit_code == 0
    with (tmp_path / "tables" / "devices.csv").open() as file:
        assert {row["rank"] for row in csv.DictReader(file)} == {str(rank) for rank in range(RANKS)}


def test_operations_are_of_one_rank(job):
    assert str(refused("--top", 3, job)) == f"{job}: --top is of the operations of few ranks; add --rank N"


def test_dask_is_for_jobs(few):
    assert "--dask reads the summary of a job of more than 8 ranks" in str(refused("--dask", "local", few))


def test_more_workers_than_ranks_are_not_started_and_that_is_said(job):
    result = run("--json", "--workers", 1000, job)
    assert result.stderr == f"gpu-trace: {RANKS} processes read {RANKS} ranks, one each; --workers 1000 adds none\n"
    assert result.stdout == printed("--json", job)


@pytest.mark.parametrize("workers", [1, 2])
def test_as_many_workers_as_are_asked_for_read(workers, job, monkeypatch):
    asked_for = []
    of_pool = on_processes.reading_processes
    monkeypatch.setattr(on_processes, "reading_processes", lambda n, *more: asked_for.append(n) or of_pool(n, *more))
    result = run("--workers", workers, job)
    assert (result.exit_code, result.stderr) == (0, "")
    assert asked_for == [workers] * (workers > 1)


def test_a_cluster_has_its_own_workers(job):
    error = refused("--dask", "tcp://127.0.0.1:1", "--workers", 2, job)
    assert isinstance(error, UsageError)
    assert str(error) == "--workers is of processes on this machine; leave it out with the --dask of a cluster"


def test_an_address_from_an_unset_variable_is_refused(job):
    result = run("--dask", "", job)
    assert result.exit_code == 2
    assert "'--dask': the name is empty; check that its shell variable is set" in result.stderr


def test_without_dask_the_extra_is_named(job, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install 'gpu-trace[dask]'" in str(refused("--dask", "local", job))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(("--steps", "99:100"), "no steps were found"), (("--step-range", "x"), "no range is named")],
)
def test_what_no_rank_can_be_asked_is_a_wrong_option_and_not_a_damaged_trace(job, arguments, problem):
    error = refused(*arguments, job)
    assert isinstance(error, UsageError)
    assert problem in str(error)


def test_a_rank_between_others_that_is_not_there_is_not_in_the_choice(tmp_path):
    write_ranks(tmp_path / "job", 4, SMALL)
    (tmp_path / "job/trace-rank-1.json.gz").unlink()
    assert str(refused("--rank", 1, tmp_path / "job")).endswith("has no rank 1; choose one of its 3, from 0 to 3")
