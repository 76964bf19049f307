"""Attempts to get at a trace that somebody else is to see."""

from __future__ import annotations

import http.client
import socket
import threading

import pytest

from gpu_trace.opening.handout import PERFETTO, Handout
from gpu_trace.opening.server import LoopbackServer

TRACE = b"\x0a\x02the trace\x00" * 1000
PAGE = b"<!doctype html>the page"


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "trace.pftrace"
    path.write_bytes(TRACE)
    (tmp_path / "secret").write_text("not for anybody")
    return path


@pytest.fixture
def server(trace):
    ui = {"index.html": lambda: b"the ui", "v1/engine.wasm": lambda: b"\x00asm"}
    with LoopbackServer(Handout(trace, "trace.pftrace", PAGE, "default-src 'none'", ui)) as server:
        yield server


@pytest.fixture
def url_server(trace):
    with LoopbackServer(Handout(trace, "trace.pftrace", b"", "", reader=PERFETTO)) as server:
        yield server


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()


def ask(server, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


def visit(server):
    """The page, as a browser asks for it; the cookie that it then has."""
    answer = ask(server, server.handover.path, Sec_Fetch_Site="none")
    assert (answer.status, answer.body) == (200, PAGE)
    return answer.headers["Set-Cookie"].partition(";")[0]


def raw(server, data):
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while block := connection.recv(65536):
            received += block
        return received


def test_the_first_visitor_gets_page_trace_and_ui_also_when_reloading(server):
    cookie = visit(server)
    assert ask(server, f"{server.handover.path}trace", Cookie=cookie, Sec_Fetch_Site="same-origin").body == TRACE
    again = ask(server, server.handover.path, Cookie=f"other=1; {cookie}")
    assert again.status == 200
    assert ask(server, f"{server.handover.path}trace", Cookie=cookie).body == TRACE
    wasm = ask(server, f"{server.handover.path}ui/v1/engine.wasm", Cookie=cookie)
    assert (wasm.body, wasm.headers["Content-Type"]) == (b"\x00asm", "application/wasm")
    assert ask(server, f"{server.handover.path}ui/?x=1", Cookie=cookie).body == b"the ui"


def test_it_listens_on_loopback_only(server):
    assert server.server_address[0] == "127.0.0.1"
    others = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1"}:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, server.port), timeout=1)


def test_the_path_cannot_be_guessed_and_is_never_the_same(server, trace):
    assert len(server.handover.path) >= 32
    other = LoopbackServer(server.handover.handout)
    other.server_close()
    assert other.handover.path != server.handover.path


@pytest.mark.parametrize("path", ["/", "/trace", "/index.html", "/favicon.ico", "/ui/index.html", "//", "", "*"])
def test_nothing_is_to_be_had_without_the_secret(server, path):
    assert visit(server)
    assert ask(server, path or "/x").status == 404


def test_a_secret_that_is_nearly_right_is_wrong(server):
    cookie = visit(server)
    right = server.handover.path
    for path in (right[:-2] + "/", right.upper(), right[:-1] + "x/", right[1:]):
        assert ask(server, f"{path}trace", Cookie=cookie).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "..%2fsecret",
        "ui/../trace",
        "ui/../../secret",
        "ui/..%2f..%2fsecret",
        "ui/%2e%2e/secret",
        "ui//etc/passwd",
        "ui/v1/../../../../etc/passwd",
        "ui/\\..\\secret",
        "trace/../secret",
        "secret",
        "trace.pftrace",
        "ui/v1",
        "ui/v1/",
    ],
)
def test_no_path_leads_to_another_file(server, path):
    cookie = visit(server)
    answer = ask(server, server.handover.path + path, Cookie=cookie)
    assert (answer.status, answer.body) == (404, b"")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "[::1]:{port}", ""]
)
def test_a_page_whose_name_was_rebound_to_loopback_is_refused(server, host):
    cookie = visit(server)
    for path in ("", "trace", "ui/index.html"):
        answer = ask(server, server.handover.path + path, Cookie=cookie, Host=host.format(port=server.port))
        assert (answer.status, answer.body) == (421, b"")


def test_no_host_or_two_hosts_are_refused(server):
    line = f"GET {server.handover.path} HTTP/1.1\r\n".encode()
    own = f"Host: 127.0.0.1:{server.port}\r\n".encode()
    assert b"200" in raw(server, line + own + b"\r\n").split(b"\r\n")[0]
    assert b" 421 " in raw(server, line + b"\r\n").split(b"\r\n")[0]
    assert b" 421 " in raw(server, line + own + own + b"\r\n").split(b"\r\n")[0]


def test_through_a_tunnel_the_server_is_called_localhost(server):
    assert ask(server, server.handover.path, Host=f"localhost:{server.port}").status == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", PERFETTO, "http://localhost"])
def test_other_pages_are_refused(server, origin):
    cookie = visit(server)
    for path in ("", "trace", "ui/index.html"):
        answer = ask(server, server.handover.path + path, Cookie=cookie, Origin=origin)
        assert (answer.status, answer.body) == (403, b"")
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert ask(server, f"{server.handover.path}done", "POST", Cookie=cookie, Origin=origin).status == 403
    assert not server.handover.is_done.is_set()


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_that_embeds_ours_is_refused(server, site):
    cookie = visit(server)
    assert ask(server, f"{server.handover.path}trace", Cookie=cookie, Sec_Fetch_Site=site).status == 403
    assert ask(server, server.handover.path, Cookie=cookie, Sec_Fetch_Site=site).status == 403


def test_a_tab_may_be_led_to_the_page_and_to_nothing_else(server):
    led = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    for other in ({"Sec_Fetch_Dest": "iframe"}, {"Sec_Fetch_Mode": "no-cors"}, {"Origin": "null"}):
        assert ask(server, server.handover.path, **(led | other)).status == 403
    answer = ask(server, server.handover.path, **led)
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    for path in ("trace", "ui/index.html"):
        assert ask(server, server.handover.path + path, Cookie=cookie, **led).status == 403


def test_only_who_is_served_keeps_the_server_alive(server):
    cookie, before_s = visit(server), server.handover.last_granted_s
    refused = [
        (f"{server.handover.path}trace", "GET", {}),
        (f"{server.handover.path}ui/index.html", "GET", {}),
        (f"{server.handover.path}done", "POST", {}),
        (f"{server.handover.path}absent", "GET", {"Cookie": cookie}),
        (f"{server.handover.path}trace", "GET", {"Cookie": cookie, "Host": "evil.example"}),
        (f"{server.handover.path}trace", "GET", {"Cookie": cookie, "Origin": "https://evil.example"}),
        (f"{server.handover.path}trace", "OPTIONS", {"Cookie": cookie}),
        (f"{server.handover.path}trace", "PUT", {"Cookie": cookie}),
        ("/", "GET", {}),
        (server.handover.path, "GET", {}),
    ]
    for path, method, headers in refused:
        assert ask(server, path, method, **headers).status >= 400
        assert server.handover.last_granted_s == before_s
    raw(server, b"\x16\x03\x01\x02\x00")
    assert server.handover.last_granted_s == before_s
    assert ask(server, f"{server.handover.path}ui/index.html", Cookie=cookie).status == 200
    assert server.handover.last_granted_s > before_s


def test_a_second_client_gets_nothing_even_with_the_address(server):
    visit(server)
    for cookie in ("", f"gpu-trace-{server.port}=guess", "gpu-trace-0=x"):
        for path in ("", "trace", "ui/index.html"):
            answer = ask(server, server.handover.path + path, Cookie=cookie)
            assert (answer.status, answer.body) == (403, b"")
    assert ask(server, f"{server.handover.path}done", "POST").status == 403
    assert not server.handover.is_done.is_set()


def test_the_trace_is_not_to_be_had_before_the_page(server):
    assert ask(server, f"{server.handover.path}trace").status == 403


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "TRACE", "CONNECT", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(server, method):
    cookie = visit(server)
    answer = ask(
        server, f"{server.handover.path}trace", method, Cookie=cookie, Origin=f"http://127.0.0.1:{server.port}"
    )
    assert answer.status in (405, 501)
    assert TRACE[:10] not in answer.body


def test_post_hands_nothing_out(server):
    cookie = visit(server)
    assert ask(server, f"{server.handover.path}trace", "POST", Cookie=cookie).status == 404


def test_answers_are_not_kept_framed_or_sniffed(server):
    answer = ask(server, server.handover.path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert {"HttpOnly", "SameSite=Lax", f"Path={server.handover.path}"} <= set(answer.headers["Set-Cookie"].split("; "))
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_it_is_told_that_the_trace_was_handed_over(server):
    cookie = visit(server)
    assert not server.handover.wait(0)
    assert ask(server, f"{server.handover.path}done", "POST", Cookie=cookie).status == 204
    assert server.handover.is_done.wait(10)


def test_after_the_end_nobody_is_served(trace):
    with LoopbackServer(Handout(trace, "trace.pftrace", PAGE, "")) as server:
        visit(server)
    with pytest.raises(ConnectionRefusedError):
        ask(server, server.handover.path)


def test_a_client_that_says_nothing_holds_nobody_up(server):
    with socket.create_connection(("127.0.0.1", server.port)):
        assert visit(server)


def test_garbage_is_answered_or_dropped_and_the_server_lives(server):
    for data in (b"\x16\x03\x01\x02\x00", b"GET\r\n\r\n", b"\x00" * 100, b"GET / HTTP/9.9\r\n\r\n", b"A" * 70000):
        raw(server, data)
    assert visit(server)


def test_url_mode_serves_the_online_ui_once(url_server):
    path = f"{url_server.handover.path}trace.pftrace"
    threads = [
        threading.Thread(target=lambda: answers.append(ask(url_server, path, Origin=PERFETTO))) for _ in range(4)
    ]
    answers: list[Answer] = []
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status for answer in answers) == [200, 410, 410, 410]
    (given,) = (answer for answer in answers if answer.status == 200)
    assert given.body == TRACE
    assert given.headers["Access-Control-Allow-Origin"] == PERFETTO
    assert url_server.handover.wait(10)


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null", "https://ui.perfetto.dev.evil.example"])
def test_url_mode_serves_nobody_else(url_server, origin):
    given = {"Origin": origin} if origin else {}
    assert ask(url_server, f"{url_server.handover.path}trace.pftrace", **given).status == 403
    assert ask(url_server, f"{url_server.handover.path}trace.pftrace", "OPTIONS", **given).status == 405
    assert ask(url_server, url_server.handover.path, **given).status in (403, 404)
    assert not url_server.handover.is_done.is_set()


def test_url_mode_answers_the_browsers_question_about_local_networks(url_server):
    asked = {"Access_Control_Request_Private_Network": "true", "Access_Control_Request_Method": "GET"}
    answer = ask(url_server, f"{url_server.handover.path}trace.pftrace", "OPTIONS", Origin=PERFETTO, **asked)
    assert answer.headers["Access-Control-Allow-Origin"] == PERFETTO
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
