"""Folders of columns, as readers see them."""

from __future__ import annotations

import shutil

import pytest

from gpu_trace_analyzers.columnar.folder import columns_into
from gpu_trace_analyzers.columnar.index import INDEX
from gpu_trace_analyzers.engines import EngineRules, default_rules
from gpu_trace_analyzers.errors import TraceUnreadable, UsageError
from gpu_trace_analyzers.readers import load, runs
from gpu_trace_analyzers.readers.folders.files import traces_in
from literal import literal
from small_traces import CUDA


@pytest.fixture
def folder(tmp_path):
    """Columns of a job of two ranks; ``rank1.json`` could not be read."""
    files = {tmp_path / "rank0.json": 0, tmp_path / "rank1.json": 1}
    (tmp_path / "rank0.json").write_text(CUDA)
    (tmp_path / "rank1.json").write_text("nothing")
    with columns_into(tmp_path / "columns", files) as into:
        load(tmp_path / "rank0.json", keep=into.keep)
        into.finish({str(tmp_path / "rank1.json"): str(_error(tmp_path / "rank1.json"))})
    return tmp_path / "columns"


def _error(path):
    with pytest.raises(TraceUnreadable) as raised:
        load(path)
    return raised.value


def test_what_could_not_be_read_is_said_as_it_was(folder):
    expected = _error(folder.parent / "rank1.json")
    for found in (_error(folder), _error(folder / "rank=1")):
        assert (str(found), found.problem) == (str(expected), expected.problem)


def test_one_part_is_a_run_of_its_own(folder):
    trace = load(folder / "rank=0")
    assert [device.rank for device in trace.devices] == [0, 0]
    assert trace.source.path == str(folder.parent / "rank0.json")
    assert [run.files for run in runs(folder / "rank=0")] == [[folder / "rank=0"]]


def test_a_part_that_is_gone_is_named(folder):
    shutil.rmtree(folder / "rank=0")
    assert "rank=0: is missing, so the folder of columns is not complete" in str(_error(folder / "rank=0"))


def test_a_file_that_is_gone_from_a_part_is_named(folder):
    (folder / "rank=0/strings.parquet").unlink()
    assert "rank=0/strings.parquet: is missing" in str(_error(folder / "rank=0"))


@pytest.fixture
def two(tmp_path):
    """Columns of a job of two ranks, and of the same one whose second rank computed longer."""
    for name, length in (("first", 10), ("second", 12)):
        files = {tmp_path / f"rank{rank}.json": rank for rank in range(2)}
        with columns_into(tmp_path / name, files) as into:
            for path, rank in files.items():
                into.keep(path, literal(f"k 0-{length if rank else 10} @1"))
            into.finish()
    return tmp_path


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_part_of_another_rank_is_refused(two, is_alone):
    folder = two / "first"
    for name, other in (("rank=0", "was"), ("rank=1", "rank=0"), ("was", "rank=1")):
        (folder / name).rename(folder / other)
    assert "rank=0/strings.parquet: is damaged, or is not the file that was written with the others of this folder" in (
        str(_error(folder / "rank=0" if is_alone else folder))
    )


def test_a_part_of_another_run_is_refused(two):
    shutil.rmtree(two / "first/rank=1")
    shutil.copytree(two / "second/rank=1", two / "first/rank=1")
    assert "first/rank=1/strings.parquet: is damaged, or is not the file" in str(_error(two / "first"))


def test_a_part_that_no_index_lists_is_refused(two):
    shutil.copytree(two / "first/rank=1", two / "first/rank=2")
    assert "first/rank=2/strings.parquet: is damaged, or is not the file" in str(_error(two / "first/rank=2"))


def test_a_part_may_be_copied_out_of_its_folder(two):
    shutil.copytree(two / "first/rank=1", two / "elsewhere/rank=1")
    assert load(two / "elsewhere/rank=1").work.end_ns.tolist() == [10]


def test_a_folder_that_was_written_anew_is_read_anew(two):
    assert load(two / "first/rank=1").work.end_ns.tolist() == [10]
    shutil.rmtree(two / "first")
    (two / "second").rename(two / "first")
    assert load(two / "first/rank=1").work.end_ns.tolist() == [12]


def test_columns_without_their_index_were_not_written_to_the_end(folder):
    (folder / INDEX).unlink()
    assert str(_error(folder)) == f"{folder}: has columns that were not written to the end; write them again"
    with pytest.raises(TraceUnreadable, match="has columns that were not written to the end"):
        traces_in(folder)  # as a job of many ranks is asked for
    shutil.move(folder, folder.parent / "outer/columns")
    assert "outer/columns: has columns that were not written to the end" in str(_error(folder.parent / "outer"))


def test_a_single_parquet_file_is_not_a_trace(folder):
    assert "is one Parquet file; give the folder of columns" in str(_error(folder / "rank=0/work.parquet"))


def test_rules_come_too_late_for_columns(folder):
    with pytest.raises(UsageError, match="engines are as its columns were written; give --rules where you write them"):
        load(folder / "rank=0", rules=EngineRules(default_rules().rules[1:]))


def test_the_rules_with_which_columns_are_written_stay(tmp_path):
    (tmp_path / "trace.json").write_text(CUDA)
    none = EngineRules(())
    with columns_into(tmp_path / "columns", {tmp_path / "trace.json": -1}) as into:
        written = load(tmp_path / "trace.json", rules=none, keep=into.keep)
        into.finish()
    assert load(tmp_path / "columns").work.engine.tolist() == written.work.engine.tolist()
    assert load(tmp_path / "trace.json").work.engine.tolist() != written.work.engine.tolist()
