"""Traces in a bucket: an S3 server on this machine, whose requests also fail, break off, are late, and are refused."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from equal_traces import assert_equal
from gpu_trace_analyzers.columnar.folder import columns_into
from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.places import patience, place, systems
from gpu_trace_analyzers.readers import load
from s3_server import s3_server
from small_traces import CUDA, NSYS_TABLES, write_nsys

LARGE = CUDA.replace('"name": "sgemm"', f'"name": "sgemm_{"of_a_long_name_" * 30_000}"')
"""of several requests"""


@pytest.fixture(scope="module")
def server():
    systems._opened.cache_clear()  # what others have asked of another server
    with s3_server() as server:
        server.client.create_bucket(Bucket="traces")
        yield server
    systems._opened.cache_clear()


@pytest.fixture
def s3(server, monkeypatch):
    """The server without faults, as the one that the environment names; no rest is long."""
    monkeypatch.setattr(patience, "RESTS_S", (0.01,) * 4)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    server.faults.clear()
    yield server
    server.faults.clear()


@pytest.fixture
def anew():
    """What is opened in the test is opened in its environment, and in no other."""
    systems._opened.cache_clear()
    yield
    systems._opened.cache_clear()


def read_alike(url, path):
    """Whether everything is equal except where it lies."""
    remote, local = load(url), load(path)
    assert remote.source.path == url
    assert_equal(replace(remote, source=replace(remote.source, path=str(path))), local)


def refused(url):
    """What is said of it."""
    with pytest.raises(TraceUnreadable) as raised:
        load(url)
    assert "SECRET" not in str(raised.value)
    assert raised.value.exit_code == 3
    return str(raised.value)


def stored(s3, folder, name, data):
    (folder / name).write_bytes(data)
    return s3.put("traces", name, data), folder / name


@pytest.mark.parametrize("kind", ["busy", "broken", "reset", "half"])
def test_requests_that_fail_now_and_then_are_made_again(s3, tmp_path, kind):
    url, path = stored(s3, tmp_path, "trace.json", LARGE.encode())
    s3.faults.every, s3.faults.kind = 2, kind
    read_alike(url, path)
    assert len(s3.faults.requests) > 6


def test_late_answers_are_waited_for(s3, tmp_path):
    url, path = stored(s3, tmp_path, "trace.json.gz", gzip.compress(CUDA.encode()))
    s3.faults.late_s = 0.2
    read_alike(url, path)


def test_a_folder_of_ranks_is_listed_once_and_streamed(s3, tmp_path):
    for rank in range(3):
        (tmp_path / f"rank{rank}.json.gz").write_bytes(gzip.compress(CUDA.encode()))
        s3.put("traces", f"run/rank{rank}.json.gz", (tmp_path / f"rank{rank}.json.gz").read_bytes())
    s3.put("traces", "run/logs/of_rank0.txt", b"not asked for")
    read_alike("s3://traces/run", tmp_path)
    assert s3.faults.requests.count("GET /traces") == 2  # is it a folder, and what is in it
    assert sum(request.startswith("HEAD") for request in s3.faults.requests) == 1


def test_a_database_is_fetched(s3, tmp_path):
    data = write_nsys(tmp_path / "report.sqlite", NSYS_TABLES).read_bytes()
    url = s3.put("traces", "report.sqlite", data)
    read_alike(url, tmp_path / "report.sqlite")
    s3.faults.missing_bytes = 100
    assert refused(url) == (
        f"{url}: ends after {len(data) - 100:,} of {len(data):,} bytes: it was cut off; upload it again"
    )


@pytest.mark.parametrize("name", ["trace.json", "trace.json.gz"])
def test_an_object_shorter_than_its_size_is_damaged(s3, name):
    data = LARGE.encode() if name.endswith("json") else gzip.compress(LARGE.encode())
    url = s3.put("traces", name, data)
    s3.faults.missing_bytes = 9
    trace = load(url)
    assert trace.source.damage[0] == f"the file ends after {len(data) - 9:,} of {len(data):,} bytes: it was cut off"
    assert len(trace.work) > 0


def test_gzip_data_that_ends_early_is_damaged_as_on_a_disk(s3, tmp_path):
    url, path = stored(s3, tmp_path, "trace.json.gz", gzip.compress(CUDA.encode())[:-40])
    read_alike(url, path)
    assert load(url).source.damage[0] == "the gzip data ends in the middle: the file was cut off"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("busy", "the server is busy or fails (503); try again later"),
        ("broken", "the server is busy or fails (500); try again later"),
        ("reset", "the connection breaks off (ServerDisconnectedError); try again, or copy it to this machine first"),
    ],
)
def test_what_always_fails_is_tried_five_times(s3, kind, said):
    url = s3.put("traces", "trace.json", CUDA.encode())
    s3.faults.every, s3.faults.kind = 1, kind
    assert refused(url) == f"{url}: {said}"
    assert len(s3.faults.requests) == (10 if kind == "reset" else 5)  # aiohttp itself connects once more


def test_what_breaks_off_for_good_is_named(s3):
    url = s3.put("traces", "trace.json", LARGE.encode())
    found = place(url)
    with found.open() as file:
        assert file.read(10) == LARGE.encode()[:10]
        s3.faults.every, s3.faults.kind = 1, "reset"
        with pytest.raises(TraceUnreadable, match=r"^s3://traces/trace\.json: the connection breaks off"):
            file.read()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("forbidden", "may not be read with these credentials (403); check the URL, and what they permit"),
        ("unknown key", "may not be read with these credentials (403); check the URL, and what they permit"),
    ],
)
def test_what_is_refused_is_asked_once_more_for_the_reason(s3, kind, said):
    url = s3.put("traces", "trace.json", CUDA.encode())
    s3.faults.every, s3.faults.kind = 1, kind
    assert refused(url) == f"{url}: {said}"


def test_what_lacks_is_named(s3):
    assert refused("s3://traces/none.json") == "s3://traces/none.json: does not exist; check the URL"
    assert refused("s3://traces/none/") == "s3://traces/none: does not exist; check the URL"
    assert refused("s3://no-bucket/run") == "s3://no-bucket/run: its bucket does not exist; check the bucket's name"


def test_without_credentials_it_is_said_how_to_get_them(s3, anew, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert refused("s3://traces/run") == (
        "s3://traces/run: needs credentials, and there are none (NoCredentialsError); sign in as for the AWS CLI"
        " (AWS_PROFILE, or AWS_ACCESS_KEY_ID), or set FSSPEC_S3_ANON=1 for a public bucket"
    )


def test_without_a_server_the_network_is_named(s3, anew, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert refused("s3://traces/run") == (
        "s3://traces/run: its server cannot be reached (ConnectionRefusedError);"
        " check the network, and the URL's host or the endpoint that is set"
    )


def test_a_folder_of_columns_is_read_from_a_bucket(s3, tmp_path):
    ranks = {tmp_path / f"rank{rank}.json": rank for rank in range(2)}
    with columns_into(tmp_path / "columns", ranks) as into:
        for path in ranks:
            path.write_text(CUDA)
            load(path, keep=into.keep)
        into.finish()
    files = [path for path in (tmp_path / "columns").rglob("*") if path.is_file()]
    for path in files:
        s3.put("traces", path.relative_to(tmp_path).as_posix(), path.read_bytes())
    read_alike("s3://traces/columns", tmp_path / "columns")
    assert sum(request.startswith("HEAD") for request in s3.faults.requests) <= len(files)
    url = s3.put("traces", "columns/rank=1/work.parquet", b"PAR1")
    assert refused("s3://traces/columns").startswith(f"{url}: is damaged, or is not the file that")
