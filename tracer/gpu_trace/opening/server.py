"""A server on the loopback interface for one trace and one client, which ends by itself."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

from .requests import Request

if TYPE_CHECKING:
    from types import TracebackType

    from .handout import Handout

_QUIET_S = 20.0
"""An offline UI still loads a file now and then after it has the trace; this long without is the end."""
_STEP_S = 0.1


class LoopbackServer(ThreadingHTTPServer):
    """Serves while inside ``with``; what it serves, and to whom, is `Handout`'s and `Request`'s matter.

    Binds 127.0.0.1, on a port that the system chooses or on ``port``. Raises ``OSError`` where that is taken.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = False

    def __init__(self, handout: Handout, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Request)
        self.handout = handout
        self.port = int(self.server_address[1])
        self.hosts = (f"127.0.0.1:{self.port}", f"localhost:{self.port}")
        self.path = f"/{secrets.token_urlsafe(24)}/"
        self.handed_over = threading.Event()
        self._cookie = f"gpu-trace-{self.port}={secrets.token_urlsafe(24)}"
        self._lock = threading.Lock()
        self._admitted = False
        self._taken = False
        self.last_served_s = time.monotonic()
        """when a request was last granted, by the monotonic clock"""

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}{self.path}"

    def __enter__(self) -> LoopbackServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": _STEP_S}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()

    def wait(self, timeout_s: float) -> bool:
        """Until the trace was handed over, or nobody took it in time: False. Never longer than the timeout."""
        if not self.handed_over.wait(timeout_s):
            return False
        while self.handout.ui and time.monotonic() - self.last_served_s < _QUIET_S:
            time.sleep(_STEP_S)
        return True

    def served(self) -> None:
        """A request is granted. Those that are refused do not keep the server alive."""
        self.last_served_s = time.monotonic()

    def admit(self, cookies: str) -> str | None:
        """The cookie for whoever asks for the page first, and whenever the same asks again; None for others."""
        with self._lock:
            if self._admitted and not self.knows(cookies):
                return None
            self._admitted = True
            return self._cookie

    def knows(self, cookies: str) -> bool:
        """Whether one of the cookies is that of the first client."""
        given = [cookie.strip().encode("latin-1", "replace") for cookie in cookies.split(";")]
        return any(hmac.compare_digest(cookie, self._cookie.encode()) for cookie in given)

    def take_turn(self) -> bool:
        """True for the first who asks."""
        with self._lock:
            first, self._taken = not self._taken, True
            return first

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that goes away is no error of ours."""
