"""What a user names: a path, or a URL."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.places import is_url, place
from gpu_trace_analyzers.places.remote import RemotePlace
from small_traces import CUDA


@pytest.mark.parametrize("text", ["trace.json.gz", "run/", "/tmp/a:b", "s3:/bucket/run", "C:\\run", "a::b/c", ""])
def test_what_is_not_a_url_is_a_path(text):
    assert not is_url(text)
    assert place(text) == Path(text)
    assert isinstance(place(text), Path)


def test_a_path_is_taken_as_it_is():
    assert place(Path("s3://bucket/run")) == Path("s3://bucket/run")


@pytest.mark.parametrize("url", ["file:///tmp/my%20run", "file://localhost/tmp/my%20run", "FILE:///tmp/my run"])
def test_the_url_of_a_file_is_its_path(url):
    assert place(url) == Path("/tmp/my run")


def test_a_file_of_another_machine_is_refused():
    with pytest.raises(
        TraceUnreadable, match=r"^file://node7/run: names a file of another machine; write file:///PATH"
    ):
        place("file://node7/run")


@pytest.mark.parametrize("url", ["s3://", "https:///", "http://?key=x", "file://", "FILE://localhost", "memory://"])
def test_a_url_of_nothing_is_refused(url):
    with pytest.raises(TraceUnreadable, match=r"://.*: names nothing; write "):
        place(url)


@pytest.mark.parametrize("url", ["simplecache::s3://bucket/run", "zip://trace.json::s3://bucket/run.zip"])
def test_a_chain_of_urls_is_refused(url):
    with pytest.raises(TraceUnreadable, match="is a chain of URLs"):
        place(url)


def test_a_place_has_the_names_that_a_path_has():
    run = place("s3://bucket/jobs/run/")
    trace = run / "trace.json.gz"
    assert str(run) == "s3://bucket/jobs/run"
    assert str(trace) == "s3://bucket/jobs/run/trace.json.gz"
    assert trace.name == "trace.json.gz"
    assert trace.parent == run
    assert trace.with_name("run.json") == run / "run.json"
    assert trace.relative_to(run.parent) == PurePosixPath("run/trace.json.gz")
    assert trace.is_relative_to(run)
    assert not trace.is_relative_to(place("s3://bucket/jobs/ru"))
    with pytest.raises(ValueError, match="s3://bucket/jobs is not in s3://bucket/jobs/run"):
        run.parent.relative_to(run)


def test_places_are_in_the_order_of_paths():
    names = ["run/b", "run/a/z", "run-1/a", "run/a", "ru"]
    in_order = sorted(map(Path, names))
    assert sorted(place(f"s3://bucket/{name}") for name in names) == [place(f"s3://bucket/{name}") for name in in_order]


def test_a_bucket_is_its_own_folder():
    bucket = place("s3://bucket")
    assert bucket.parent == bucket
    assert bucket.name == "s3://bucket"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/trace.json.gz?X-Amz-Signature=SECRET&b=1", "https://host/trace.json.gz"),
        ("https://user:SECRET@host/run", "https://user@host/run"),
        ("ssh://user:SECRET@host:22/run", "ssh://user@host:22/run"),
        ("s3://bucket/a:b@c/trace", "s3://bucket/a:b@c/trace"),
        ("s3://bucket/what?.json", "s3://bucket/what?.json"),
    ],
)
def test_no_text_of_a_place_has_a_secret(url, shown):
    found = place(url)
    assert str(found) == shown
    assert "SECRET" not in repr(found)
    assert "SECRET" not in str(found / "run.json") + repr(found.parent)


def test_a_place_can_be_sent_to_another_process():
    signed = place("https://host/trace.json.gz?signature=1")
    received = pickle.loads(pickle.dumps(signed))
    assert received == signed
    assert isinstance(received, RemotePlace)
    assert received.address.query == "?signature=1"


def test_a_path_loads_nothing_of_any_store(tmp_path):
    (tmp_path / "trace.json").write_text(CUDA)
    script = (
        "import sys; from gpu_trace_analyzers.readers import load; load('trace.json');"
        " print([name for name in ('fsspec', 'asyncio', 'gpu_trace_analyzers.places.remote') if name in sys.modules])"
    )
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    assert done.stdout == b"[]\n"
