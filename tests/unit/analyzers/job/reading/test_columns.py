"""A job keeps its columns while it is read, and is read from them to the same answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from gpu_trace.cli import gpu_trace
from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.columnar.folder import columns_into
from gpu_trace_analyzers.errors import NotWritten
from gpu_trace_analyzers.job.reading.from_files import part_of
from gpu_trace_analyzers.job.reading.read_job import read_job
from gpu_trace_analyzers.job.reading.sources import rank_files
from literal import literal
from scripts.rank_copies import SMALL, write_ranks

if TYPE_CHECKING:
    from pathlib import Path

RANKS = 10


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten ranks, of which rank 4 cannot be read; beside it a folder of its columns."""
    folder = tmp_path_factory.mktemp("job") / "ranks"
    write_ranks(folder, RANKS, SMALL)
    (folder / "trace-rank-4.json.gz").write_bytes(b'{"schemaVersion": 1, "traceEvents": [')
    _document(folder, "--columns", folder.parent / "columns")
    return folder


def _document(*arguments):
    result = CliRunner().invoke(gpu_trace, ["summary", "--json", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return re.sub(r'(?<="path": ").*?(?=")|trace-rank-\d+\.json\.gz|rank=\d+', "", result.stdout)


def test_the_document_is_the_same_with_columns_and_from_them(job, tmp_path):
    assert _document(job) == _document(job, "--columns", tmp_path / "columns") == _document(job.parent / "columns")


def test_any_number_of_workers_writes_the_same_columns(job, tmp_path):
    _document(job, "--workers", "2", "--columns", tmp_path / "columns")
    one, two = (_files(folder) for folder in (job.parent / "columns", tmp_path / "columns"))
    assert one == two


def _files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_rank_is_shown_from_columns(job):
    assert _document(job.parent / "columns", "--rank", "3") == _document(job, "--rank", "3")


def test_columns_that_cannot_be_written_are_no_unreadable_rank(job):
    def keep(path, trace):
        raise NotWritten("no space left")

    with pytest.raises(NotWritten, match="no space left"):
        part_of(rank_files(job)[0], Asked(), None, keep=keep)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--columns", "s3://bucket/columns"), "--columns': a URL cannot stand here"),
        (("--columns", "columns", "--rank", "3"), "--columns writes all ranks of a job; leave out --rank"),
        (("--columns", "ranks/columns"), "ranks/columns: would be read as another trace of ranks"),
    ],
)
def test_places_that_columns_cannot_go_to_are_refused(job, arguments, problem, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ranks").symlink_to(job)
    result = CliRunner().invoke(gpu_trace, ["summary", "ranks", *arguments])
    assert result.exit_code == 2
    assert problem in result.stderr


def test_columns_are_read_by_processes_if_they_are_many_bytes(job, monkeypatch):
    columns = job.parent / "columns"
    size = sum(path.stat().st_size for path in columns.rglob("*.parquet"))
    monkeypatch.setattr("gpu_trace_analyzers.job.reading.read_job.on_processes", None)
    monkeypatch.setattr("gpu_trace_analyzers.job.reading.read_job._WORTH_PROCESSES", size + 1)
    read_job(columns, rank_files(columns), Asked())
    monkeypatch.setattr("gpu_trace_analyzers.job.reading.read_job._WORTH_PROCESSES", size)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        read_job(columns, rank_files(columns), Asked())


def test_the_files_of_one_rank_stay_together(tmp_path):
    files = {tmp_path / name: rank for name, rank in (("a.json", 0), ("b.json", 1), ("c.json", 0))}
    with columns_into(tmp_path / "columns", files) as into:
        for path in files:
            into.keep(path, literal("k 0-10 @1"))
        into.finish()
    assert [(each.names, each.rank) for each in rank_files(tmp_path / "columns")] == [
        (("trace=0", "trace=2"), 0),
        (("trace=1",), 1),
    ]


def test_columns_of_a_job_are_read_without_the_part_of_a_rank_that_could_not_be_read(tmp_path):
    write_ranks(tmp_path / "ranks", RANKS, SMALL)
    (tmp_path / "ranks/trace-rank-4.json.gz").write_bytes(b"no trace")
    result = CliRunner().invoke(gpu_trace, ["summary", "--columns", str(tmp_path / "columns"), str(tmp_path / "ranks")])
    assert f"wrote columns of {RANKS - 1} traces" in result.stderr
    part = read_job(tmp_path / "columns", rank_files(tmp_path / "columns"), Asked())
    assert len(part.ranks) == RANKS - 1
    assert part.unreadable.rank.tolist() == [4]
    assert "is not a trace in a supported format" in part.text(int(part.unreadable.problem[0]))
