"""Traces that lie in a store are read as those on a disk are: here in fsspec's own store in memory."""

from __future__ import annotations

import configparser
import gzip
from dataclasses import replace
from pathlib import Path

import fsspec
import pytest

from equal_traces import assert_equal
from gpu_trace_analyzers.errors import TraceUnreadable, UsageError
from gpu_trace_analyzers.places.systems import EXTRAS
from gpu_trace_analyzers.readers import load, runs
from small_traces import CUDA, NSYS_TABLES, write_nsys

TRACES = Path(__file__).parents[4] / "samples/traces"


@pytest.fixture
def memory():
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


def assert_reads_alike(url, path):
    """Everything is equal except where it lies."""
    remote, local = load(url, operators=True), load(path, operators=True)
    assert remote.source.path == url
    assert_equal(replace(remote, source=replace(remote.source, path=str(path))), local)


def test_a_trace_is_read_as_from_a_disk(memory, tmp_path):
    (path := tmp_path / "trace.json").write_text(CUDA)
    memory.pipe("/bucket/trace.json", CUDA.encode())
    assert_reads_alike("memory://bucket/trace.json", path)


def test_a_folder_of_ranks_is_read_as_from_a_disk(memory, tmp_path):
    for rank in range(3):
        data = gzip.compress(CUDA.replace('"dur": 20.002', f'"dur": 2{rank}.002').encode())
        (tmp_path / f"rank{rank}.json.gz").write_bytes(data)
        memory.pipe(f"/bucket/run/rank{rank}.json.gz", data)
    assert_reads_alike("memory://bucket/run", tmp_path)
    assert [run.name for run in runs("memory://bucket/run/")] == [run.name for run in runs(tmp_path)]


def test_the_runs_of_a_folder_are_found_in_the_folders_inside(memory, tmp_path):
    for path in ("first/rank0.json", "second/deep/rank0.json"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(CUDA)
        memory.pipe(f"/bucket/{path}", CUDA.encode())
    found, local = runs("memory://bucket"), runs(tmp_path)
    names = ["first/rank0.json", "second/deep/rank0.json"]
    assert [run.name for run in found] == [run.name for run in local] == names
    assert [str(run.paths[0]) for run in found] == [f"memory://bucket/{name}" for name in names]


def test_a_database_is_fetched_and_removed(memory, tmp_path, monkeypatch):
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    path = write_nsys(tmp_path / "report.sqlite", NSYS_TABLES)
    memory.pipe("/bucket/report.sqlite", path.read_bytes())
    assert_reads_alike("memory://bucket/report.sqlite", path)
    assert list(temporary.iterdir()) == []


def test_a_database_that_finds_no_room_names_the_folder(memory, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "lacking"))
    memory.pipe("/bucket/report.sqlite", write_nsys(tmp_path / "report.sqlite", NSYS_TABLES).read_bytes())
    with pytest.raises(UsageError, match=r"^memory://bucket/report\.sqlite: cannot be fetched .*; set TMPDIR to"):
        load("memory://bucket/report.sqlite")


@pytest.mark.parametrize("url", ["memory://bucket/run", "memory://bucket/run/"])
def test_what_is_not_there_is_named(memory, url):
    memory.pipe("/bucket/other.json", b"")
    with pytest.raises(TraceUnreadable) as raised:
        load(url)
    assert str(raised.value) == "memory://bucket/run: does not exist; check the URL"


@pytest.mark.parametrize(
    ("url", "extra"),
    [("gs://b/run", "gs"), ("abfss://b/run", "abfs"), ("hf://datasets/a/b/run", "hf"), ("sftp://h/run", "ssh")],
)
def test_a_package_that_lacks_is_named_with_its_extra(url, extra, monkeypatch):
    scheme = url.partition("://")[0]
    monkeypatch.setattr("fsspec.get_filesystem_class", _lacks)
    with pytest.raises(TraceUnreadable) as raised:
        load(url)
    assert str(raised.value) == (
        f"{url}: the package that reads {scheme}:// is not installed; pip install 'gpu-trace[{extra}]'"
    )


def _lacks(scheme):
    raise ImportError(f"install what {scheme} needs")


def test_an_unknown_scheme_is_named_with_those_that_are_known():
    with pytest.raises(TraceUnreadable) as raised:
        load("s4://bucket/run")
    assert str(raised.value) == (
        "s4://bucket/run: s4:// is not a scheme that can be read;"
        " URLs begin with s3://, gs://, abfs://, hf://, https://, ssh://"
    )


def test_every_extra_is_one_of_the_package():
    setup = configparser.ConfigParser()
    setup.read(TRACES.parents[1] / "setup.cfg")
    extras = setup["options.extras_require"]
    assert set(EXTRAS.values()) <= set(extras)
    assert "fsspec" not in setup["options"]["install_requires"]
