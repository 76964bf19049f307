"""A server on the loopback interface for one trace and one client, which ends by itself."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from .handover import Handover
from .requests import TraceRequestHandler

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from .handout import Handout

_STEP_S = 0.1


class LoopbackServer(ThreadingHTTPServer):
    """Serves while inside ``with``; `Handout` says what, `Handover` and `TraceRequestHandler` to which client.

    Binds 127.0.0.1, on a port that the system chooses or on ``port``. Raises ``OSError`` where that is taken.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = False

    def __init__(self, handout: Handout, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), BaseHTTPRequestHandler)
        self.port = int(self.server_address[1])
        self.handover = Handover(handout, self.port)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}{self.handover.path}"

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer one request; http.server calls this in a thread of the request's own."""
        TraceRequestHandler(self.handover, request, client_address, self)

    def __enter__(self) -> LoopbackServer:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": _STEP_S}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a client that goes away is not an error of gpu-trace."""
