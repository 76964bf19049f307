"""Traces on a web server, which may send files only whole, as Python's own does, and may want a signature."""

from __future__ import annotations

import gzip
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import pytest
from fsspec import filesystem

from equal_traces import assert_equal
from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.places import patience
from gpu_trace_analyzers.places.web_stream import WebStream
from gpu_trace_analyzers.readers import load
from small_traces import CUDA

LARGE = CUDA.replace('"name": "sgemm"', f'"name": "sgemm_{"of_a_long_name_" * 200_000}"')
BROKEN_AFTER = 1_000_000
"""bytes: a client that reads has the most of them when the connection ends, and has to read the rest again"""
SIGNED = "signature=SECRET"


class _Server(SimpleHTTPRequestHandler):
    broken_off = 0
    tag = ""
    """by which it knows whether a file is still the same; empty for a server that sends no parts"""
    parts: ClassVar[list[str]] = []
    """that were asked for"""
    sent: ClassVar[list[int]] = []
    """bytes, by request"""

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path.startswith("/signed/") and query != SIGNED:
            return self.send_error(403)
        if wanted := self.headers.get("Range"):
            self.parts.append(wanted)
            if type(self).tag and self.headers["If-Range"] == type(self).tag:
                return self.send_part(int(wanted.removeprefix("bytes=").removesuffix("-")))
        return super().do_GET()

    def send_part(self, begin):
        path = Path(self.translate_path(self.path))
        content = path.read_bytes()
        if begin >= len(content):
            return self.send_error(416)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - begin))
        self.end_headers()
        return self.copyfile(BytesIO(content[begin:]), self.wfile)

    def end_headers(self):
        if type(self).tag:
            self.send_header("ETag", type(self).tag)
        super().end_headers()

    do_HEAD = do_GET  # noqa: N815  # the base class calls it so

    def copyfile(self, source, outputfile):
        """Half of the content, as often as is wanted."""
        if type(self).broken_off and self.command == "GET":
            type(self).broken_off -= 1
            self.sent.append(outputfile.write(source.read(BROKEN_AFTER)))
            self.close_connection = True
            return
        if self.command == "GET":
            self.sent.append(outputfile.write(source.read()))

    def log_message(self, *arguments):
        pass


@pytest.fixture
def web(tmp_path, monkeypatch):
    """The URL of the folder ``tmp_path``."""
    monkeypatch.setattr(patience, "RESTS_S", (0.01,) * 4)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Server, directory=str(tmp_path))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def assert_reads_alike(url, path, name):
    remote, local = load(url), load(path)
    assert remote.source.path == name
    assert_equal(replace(remote, source=replace(remote.source, path=str(path))), local)


@pytest.mark.parametrize("broken_off", [0, 2])
def test_a_file_that_is_sent_only_whole_is_read(web, tmp_path, broken_off, monkeypatch):
    monkeypatch.setattr(_Server, "broken_off", broken_off)
    (path := tmp_path / "trace.json").write_text(LARGE)
    assert_reads_alike(f"{web}/trace.json", path, f"{web}/trace.json")
    assert _Server.broken_off == 0


def test_a_file_is_sent_on_from_where_it_broke_off_if_the_server_can(web, tmp_path, monkeypatch):
    (path := tmp_path / "trace.json").write_text(LARGE)
    for name, value in {"broken_off": 2, "tag": '"one"', "parts": [], "sent": []}.items():
        monkeypatch.setattr(_Server, name, value)
    assert_reads_alike(f"{web}/trace.json", path, f"{web}/trace.json")
    begins = [int(part.removeprefix("bytes=").removesuffix("-")) for part in _Server.parts]
    assert 0 < begins[0] <= begins[-1] < len(LARGE)
    assert _Server.sent[-1] == len(LARGE) - begins[-1]


def test_a_file_that_changed_meanwhile_is_sent_again(web, tmp_path, monkeypatch):
    (tmp_path / "trace.json").write_text(LARGE)
    for name, value in {"tag": '"one"', "parts": []}.items():
        monkeypatch.setattr(_Server, name, value)
    file = WebStream(filesystem("http", skip_instance_cache=True), f"{web}/trace.json")
    assert file.open(0).read(4) == LARGE[:4].encode()
    monkeypatch.setattr(_Server, "tag", '"two"')
    assert file.open(4).read(4) == LARGE[4:8].encode()
    assert file.open(5).read(4) == LARGE[5:9].encode()
    assert _Server.parts == ["bytes=4-", "bytes=5-"]


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_no_part_is_asked_for_of_a_file_whose_version_is_not_known(web, tmp_path, tag, monkeypatch):
    (tmp_path / "trace.json").write_text(LARGE)
    monkeypatch.setattr(_Server, "tag", tag)
    monkeypatch.setattr(_Server, "parts", [])
    monkeypatch.setattr(_Server, "send_header", _without_date)
    file = WebStream(filesystem("http", skip_instance_cache=True), f"{web}/trace.json")
    assert file.open(0).read(4) == LARGE[:4].encode()
    assert file.open(4).read(4) == LARGE[4:8].encode()
    assert _Server.parts == []


def _without_date(self, name, value):
    if name != "Last-Modified":
        SimpleHTTPRequestHandler.send_header(self, name, value)


def test_a_file_that_broke_off_at_its_end_has_no_more(web, tmp_path, monkeypatch):
    (tmp_path / "trace.json").write_text(CUDA)
    monkeypatch.setattr(_Server, "tag", '"one"')
    file = WebStream(filesystem("http", skip_instance_cache=True), f"{web}/trace.json")
    file.open(0)
    assert file.open(len(CUDA)).read(4) == b""


@pytest.mark.parametrize("end", ["/", ""])
def test_a_folder_is_read_with_and_without_a_slash_at_its_end(web, tmp_path, end):
    (folder := tmp_path / "my run").mkdir()
    for rank in range(2):
        (folder / f"rank{rank}.json.gz").write_bytes(gzip.compress(CUDA.encode()))
    assert_reads_alike(f"{web}/my%20run{end}", folder, f"{web}/my%20run")


@pytest.mark.parametrize("end", ["/", ""])
def test_a_server_itself_is_a_folder(web, tmp_path, end):
    (tmp_path / "trace.json").write_text(CUDA)
    assert_reads_alike(f"{web}{end}", tmp_path / "trace.json", f"{web}/trace.json")


def test_a_page_is_not_a_trace(web, tmp_path):
    (tmp_path / "page.html").write_text("<!DOCTYPE html>\n<html><title>Runs</title>")
    with pytest.raises(TraceUnreadable) as raised:
        load(f"{web}/page.html")
    assert str(raised.value) == (
        f"{web}/page.html: is a web page, not a trace; give the trace itself; the URL of a folder ends with /"
    )


def test_a_signature_is_used_and_never_shown(web, tmp_path):
    (tmp_path / "signed").mkdir()
    (path := tmp_path / "signed/trace.json").write_text(CUDA)
    url = f"{web}/signed/trace.json"
    assert_reads_alike(f"{url}?{SIGNED}", path, url)
    with pytest.raises(TraceUnreadable) as raised:
        load(f"{url}?signature=OTHER_SECRET")
    assert (
        str(raised.value) == f"{url}: may not be read with these credentials (403); check the URL, and what they permit"
    )
    path.unlink()
    with pytest.raises(TraceUnreadable) as raised:
        load(f"{url}?{SIGNED}")
    assert str(raised.value) == f"{url}: does not exist; check the URL"
