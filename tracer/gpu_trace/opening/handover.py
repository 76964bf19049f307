"""One trace on its way to one client: who may have it, and how far handing it over has come."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .handout import Handout

_QUIET_S = 20.0
"""An offline UI still loads a file now and then after it has the trace; this long without is the end."""
_STEP_S = 0.1


class Handover:
    """What the threads of a server share: ``path`` holds its secret, ``hosts`` are the names that it goes by."""

    def __init__(self, handout: Handout, port: int) -> None:
        self.handout = handout
        self.hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self.path = f"/{secrets.token_urlsafe(24)}/"
        self.is_done = threading.Event()
        self._cookie = f"gpu-trace-{port}={secrets.token_urlsafe(24)}"
        self._lock = threading.Lock()
        self._admitted = False
        self._taken = False
        self.last_granted_s = time.monotonic()
        """when a request was last granted, by the monotonic clock"""

    def wait(self, timeout_s: float) -> bool:
        """Wait until the client has the trace; False if none took it within the timeout, which is never exceeded."""
        if not self.is_done.wait(timeout_s):
            return False
        while self.handout.ui and time.monotonic() - self.last_granted_s < _QUIET_S:
            time.sleep(_STEP_S)
        return True

    def granted(self) -> None:
        """Note that a request is granted. Those that are refused do not keep the server alive."""
        self.last_granted_s = time.monotonic()

    def admit(self, cookies: str) -> str | None:
        """The cookie for the first client that asks for the page, each time that it asks; None for all others."""
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
        """True for the first caller only."""
        with self._lock:
            first, self._taken = not self._taken, True
            return first
