from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import pytest

from gpu_trace_analyzers.columnar.folder import ColumnsFolder, columns_into
from gpu_trace_analyzers.columnar.index import INDEX, Entry, read_index, write_entries
from gpu_trace_analyzers.columnar.part import STAGING, digest_of, read_part
from gpu_trace_analyzers.errors import FormatUnsupported, NotWritten, TraceUnreadable
from gpu_trace_analyzers.model import MISSING
from literal import literal

TRACE = literal("k 0-10 @1")


def _names(ranks, tmp_path):
    into = ColumnsFolder.begun(tmp_path / "columns", {Path(f"{n}.json"): rank for n, rank in enumerate(ranks)})
    into.finish()
    return [entry.folder for entry in read_index(tmp_path / "columns")]


@pytest.mark.parametrize(
    ("ranks", "names"),
    [
        ([3, 0, 4095], ["rank=3", "rank=0", "rank=4095"]),
        ([MISSING], ["trace=0"]),
        ([0, MISSING], ["trace=0", "trace=1"]),
        ([1, 1], ["trace=0", "trace=1"]),
        ([MISSING, MISSING], ["trace=0", "trace=1"]),
    ],
)
def test_a_part_is_named_after_its_rank_where_each_has_one_of_its_own(ranks, names, tmp_path):
    assert _names(ranks, tmp_path) == names


def test_parts_may_be_written_by_other_processes_in_any_order(tmp_path):
    files = {tmp_path / "r3.json": 3, tmp_path / "r1.json": 1}
    with columns_into(tmp_path / "columns", files) as into:
        for file in reversed(files):
            pickle.loads(pickle.dumps(into)).keep(file, TRACE)
        into.finish()
    assert sorted(path.name for path in into.folder.iterdir()) == [INDEX, "rank=1", "rank=3"]
    assert read_index(tmp_path / "columns") == [
        Entry("rank=3", str(tmp_path / "r3.json"), 3, digest=digest_of(into.folder / "rank=3")),
        Entry("rank=1", str(tmp_path / "r1.json"), 1, digest=digest_of(into.folder / "rank=1")),
    ]


def test_a_trace_that_does_not_know_its_rank_gets_that_of_its_file(tmp_path):
    into = ColumnsFolder.begun(tmp_path / "columns", {Path("r3.json"): 3})
    into.keep(Path("r3.json"), TRACE)
    found = read_part(tmp_path / "columns/rank=3")
    assert [device.rank for device in found.devices] + [process.rank for process in found.processes] == [3, 3]


def test_a_folder_that_has_files_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotWritten, match="is not empty, and columns go into a folder of their own"):
        ColumnsFolder.begun(tmp_path, {})


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotWritten, match="the folder cannot be created"):
        ColumnsFolder.begun(tmp_path / "file" / "columns", {})


def test_a_part_that_cannot_be_written_is_said(tmp_path):
    into = ColumnsFolder.begun(tmp_path / "columns", {Path("a.json"): MISSING})
    (tmp_path / "columns").chmod(0o500) if os.geteuid() else (tmp_path / "columns/trace=0").touch()
    with pytest.raises(NotWritten, match=r"trace=0: cannot be written"):
        into.keep(Path("a.json"), TRACE)


def test_nothing_is_left_of_what_failed(tmp_path):
    def write():
        with columns_into(tmp_path / "columns", {Path("a.json"): MISSING}) as into:
            into.keep(Path("a.json"), TRACE)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert not (tmp_path / "columns").exists()


def test_an_index_of_a_later_version_is_refused(tmp_path):
    write_entries(tmp_path / INDEX, [])
    text = (tmp_path / INDEX).read_text()
    (tmp_path / INDEX).write_text(text.replace("columns/1", "columns/2").replace("[]", '[{"new": 1}]'))
    with pytest.raises(FormatUnsupported, match=r"has version 2 of the columns, .* upgrade gpu-trace"):
        read_index(tmp_path)


def _index(*traces, **keys):
    return json.dumps({"schema": "gpu-trace.columns/1", "traces": [*traces], **keys})


ENTRY = {"folder": "rank=0", "path": "a.json", "rank": 0, "problem": "", "digest": ""}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is not JSON, or was cut off"),
        (_index(ENTRY)[:-9], "it is not JSON, or was cut off"),
        ("\xff", "it is not JSON, or was cut off"),
        ("[" * 100_000, "it is not JSON, or was cut off"),
        ("[]", "it has no schema"),
        ("7", "it has no schema"),
        ("{}", "its schema is not gpu-trace.columns/1"),
        (_index(schema=1), "its schema is not gpu-trace.columns/1"),
        (_index(schema="gpu-trace.columns/x"), "its schema is not gpu-trace.columns/1"),
        (_index(schema="gpu-trace.columns/" + "1" * 5000), "its schema is not gpu-trace.columns/1"),
        (_index(traces={}), "it has no list of traces"),
        ('{"schema": "gpu-trace.columns/1"}', "it has no list of traces"),
        (_index("rank=0"), "trace 1 of its list has no folder"),
        (_index(ENTRY, {"folder": "rank=1"}), "trace 2 of its list has no path"),
        (_index(ENTRY | {"rank": "0"}), "trace 1 of its list has no rank"),
        (_index(ENTRY | {"rank": True}), "trace 1 of its list has no rank"),
        (_index({key: ENTRY[key] for key in ENTRY if key != "digest"}), "trace 1 of its list has no digest"),
        (_index(ENTRY | {"folder": "../rank=0"}), "trace 1 of its list has a folder that is not called rank=N or "),
        (_index(ENTRY, ENTRY), "it lists a folder twice"),
    ],
)
def test_an_index_that_is_damaged_is_refused_with_what_is_wrong(text, problem, tmp_path):
    (tmp_path / INDEX).write_text(text, encoding="latin-1")
    with pytest.raises(TraceUnreadable) as raised:
        read_index(tmp_path)
    assert f"columns.json: is not the index of a folder of columns: {problem}" in str(raised.value)
    assert str(raised.value).endswith("; write the columns again: gpu-trace summary TRACE --columns FOLDER")


def test_a_worker_gets_the_path_of_the_index_alone(tmp_path):
    into = ColumnsFolder.begun(tmp_path / "columns", {Path(f"{n}.json"): n for n in range(4096)})
    assert len(pickle.dumps(into)) < 1000


def test_a_problem_is_of_a_part_that_is_not_there(tmp_path):
    into = ColumnsFolder.begun(tmp_path / "columns", {Path("a.json"): 0, Path("b.json"): 1})
    into.keep(Path("a.json"), TRACE)
    into.finish({"a.json": "a.json: no device activity", "b.json": "b.json: is empty; record it again"})
    assert [entry.problem for entry in read_index(tmp_path / "columns")] == ["", "b.json: is empty; record it again"]


def test_nothing_is_left_of_a_worker_that_was_killed(tmp_path):
    into = ColumnsFolder.begun(tmp_path / "columns", {Path("a.json"): 0})
    (tmp_path / f"columns/{STAGING}rank=0.1").mkdir()
    into.keep(Path("a.json"), TRACE)
    into.finish()
    assert sorted(path.name for path in into.folder.iterdir()) == [INDEX, "rank=0"]
