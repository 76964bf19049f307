"""Traces on a web server, which may send files only whole, as Python's own does, and may want a signature."""

from __future__ import annotations

import gzip
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from equal_traces import assert_equal
from gpu_trace_analyzers.errors import TraceUnreadable
from gpu_trace_analyzers.places import patience
from gpu_trace_analyzers.readers import load
from small_traces import CUDA

LARGE = CUDA.replace('"name": "sgemm"', f'"name": "sgemm_{"of_a_long_name_" * 30_000}"')
SIGNED = "signature=SECRET"


class _Server(SimpleHTTPRequestHandler):
    broken_off = 0

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path.startswith("/signed/") and query != SIGNED:
            return self.send_error(403)
        return super().do_GET()

    do_HEAD = do_GET  # noqa: N815  # the base class calls it so

    def copyfile(self, source, outputfile):
        """Half of the content, as often as is wanted."""
        if type(self).broken_off and self.command == "GET":
            type(self).broken_off -= 1
            outputfile.write(source.read(300_000))
            self.close_connection = True
            return
        if self.command == "GET":
            super().copyfile(source, outputfile)

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
