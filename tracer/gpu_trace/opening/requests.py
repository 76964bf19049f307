"""One request to the loopback server: who may ask for what.

Web pages that the user visits, and other users of the machine, can reach a loopback port. So a request must

- name this server in ``Host`` (a page whose own name was rebound to 127.0.0.1 names its own),
- carry the secret in its path,
- come from this server's own page, or from no page: by ``Origin`` and ``Sec-Fetch-Site`` (only for the page itself a
  tab may be led here from elsewhere, because that is how the file on disk of `redirect` gets it here),
- be of the first client that asked: it got a cookie, the others get nothing.
"""

from __future__ import annotations

import hmac
import shutil
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .handout import media_type

if TYPE_CHECKING:
    from typing import Any

    from .handover import Handover

_OWN_SITES = (None, "same-origin", "none")


class Refused(Exception):
    """The request gets this status, and nothing else."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class TraceRequestHandler(BaseHTTPRequestHandler):
    """Answers one client's requests from a `Handout`, or refuses."""

    server_version = "gpu-trace"
    sys_version = ""
    timeout = 30
    """seconds that a client may be silent for"""

    def __init__(self, handover: Handover, *connection: Any) -> None:
        """``connection`` is what http.server knows of it: socket, client's address, server."""
        self._handover = handover
        super().__init__(*connection)  # answers all its requests

    def do_GET(self) -> None:  # http.server's name
        """The page, the trace, or a file of the UI."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """The page says that the trace was handed over."""
        self._answer(self._post)

    def do_OPTIONS(self) -> None:
        """A browser asks whether a foreign page may fetch from a loopback address."""
        self._answer(self._options)

    def _answer(self, method: object) -> None:
        try:
            self._check_host()
            assert callable(method)
            method(self._path())
        except Refused as refused:
            self.close_connection = True
            self._head(refused.status, "text/plain", 0)
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _get(self, path: str) -> None:
        if path == "":
            if not self._leads_a_tab_here():
                self._check_own_page()
            self._page()
        elif path == "trace" or (self._handover.handout.reader and path == self._handover.handout.trace_name):
            self._trace()
        elif path.startswith("ui/"):
            self._check_own_page()
            self._check_client()
            self._ui_file(path.removeprefix("ui/"))
        else:
            raise Refused(HTTPStatus.NOT_FOUND)

    def _post(self, path: str) -> None:
        self._check_own_page()
        self._check_client()
        if path != "done":
            raise Refused(HTTPStatus.NOT_FOUND)
        self._head(HTTPStatus.NO_CONTENT, "text/plain", 0)
        self._handover.is_done.set()

    def _options(self, path: str) -> None:
        reader = self._handover.handout.reader
        if not reader or self.headers.get("Origin") != reader or path != self._handover.handout.trace_name:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED)
        allow = {"Access-Control-Allow-Methods": "GET", "Access-Control-Allow-Private-Network": "true"}
        self._head(HTTPStatus.NO_CONTENT, "text/plain", 0, allow)

    def _page(self) -> None:
        handout = self._handover.handout
        if not handout.page:
            raise Refused(HTTPStatus.NOT_FOUND)
        cookie = self._handover.admit(self.headers.get("Cookie", ""))
        if cookie is None:
            raise Refused(HTTPStatus.FORBIDDEN)
        headers = {"Content-Security-Policy": handout.page_policy}
        headers["Set-Cookie"] = f"{cookie}; Path={self._handover.path}; HttpOnly; SameSite=Lax"
        self._head(HTTPStatus.OK, media_type(".html"), len(handout.page), headers)
        self.wfile.write(handout.page)

    def _trace(self) -> None:
        handout = self._handover.handout
        if handout.reader:
            if self.headers.get("Origin") != handout.reader:
                raise Refused(HTTPStatus.FORBIDDEN)
        else:
            self._check_own_page()
            self._check_client()
        if handout.reader and not self._handover.take_turn():
            raise Refused(HTTPStatus.GONE)
        with handout.trace.open("rb") as file:
            self._head(HTTPStatus.OK, "application/octet-stream", handout.trace.stat().st_size)
            shutil.copyfileobj(file, self.wfile, 1 << 20)
        if handout.reader:
            self.wfile.flush()
            self._handover.is_done.set()

    def _ui_file(self, path: str) -> None:
        read = self._handover.handout.ui.get(path or "index.html")
        if read is None:
            raise Refused(HTTPStatus.NOT_FOUND)
        data = read()
        self._head(HTTPStatus.OK, media_type(path or "index.html"), len(data))
        self.wfile.write(data)

    def _check_host(self) -> None:
        if len(self.headers.get_all("Host", [])) != 1 or self.headers["Host"] not in self._handover.hosts:
            raise Refused(HTTPStatus.MISDIRECTED_REQUEST)

    def _check_own_page(self) -> None:
        origin = self.headers.get("Origin")
        if origin is not None and origin != f"http://{self.headers['Host']}":
            raise Refused(HTTPStatus.FORBIDDEN)
        if self.headers.get("Sec-Fetch-Site") not in _OWN_SITES:
            raise Refused(HTTPStatus.FORBIDDEN)

    def _leads_a_tab_here(self) -> bool:
        """Whether a whole tab goes to the page, which no other page can then look into."""
        how = [self.headers.get(f"Sec-Fetch-{name}") for name in ("Mode", "Dest")]
        return how == ["navigate", "document"] and self.headers.get("Origin") is None

    def _check_client(self) -> None:
        if not self._handover.knows(self.headers.get("Cookie", "")):
            raise Refused(HTTPStatus.FORBIDDEN)

    def _path(self) -> str:
        """The path after the secret. A client that does not know the secret learns nothing else."""
        path = urlsplit(self.path).path
        first = path[: len(self._handover.path)]
        if not hmac.compare_digest(first.encode("latin-1", "replace"), self._handover.path.encode()):
            raise Refused(HTTPStatus.NOT_FOUND)
        return path[len(self._handover.path) :]

    def _head(self, status: HTTPStatus, media: str, length: int, more: dict[str, str] | None = None) -> None:
        if status < HTTPStatus.BAD_REQUEST:
            self._handover.granted()
        self.send_response(status)
        self.send_header("Content-Type", media)
        self.send_header("Content-Length", str(length))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        reader = self._handover.handout.reader
        if reader:
            self.send_header("Access-Control-Allow-Origin", reader)
        self.send_header("Cross-Origin-Resource-Policy", "cross-origin" if reader else "same-origin")
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # http.server's signature
        """Nothing: the terminal is the user's."""
