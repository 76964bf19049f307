"""How large is a page of a million operations, how soon is it open, and how long does its script take in each frame?

Needs Chromium and playwright. Times of frames are processor time of the page's thread, which other programs on the
machine do not make longer.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bench_analysis import large
from playwright.sync_api import sync_playwright

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Device
from gpu_trace_analyzers.reports.html import to_html

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, Page

    from gpu_trace_analyzers.model import Trace

FRAMES = 60
ZOOMS = (0, 4, 8, 12, 16)
"""how often the view is halved"""
WINDOW = {"width": 1440, "height": 900}


def spread(trace: Trace, devices: int) -> Trace:
    """The same operations on several devices in turns."""
    device = (np.arange(len(trace.work)) % devices).astype(trace.work.device.dtype)
    return replace(
        trace,
        devices=tuple(Device("gpu", index) for index in range(devices)),
        work=replace(trace.work, device=device),
    )


def written(trace: Trace, file: Path) -> None:
    """Write the page, and say how large it is and what it took."""
    analysis = Analysis(trace)
    summary = analysis.summary
    began = time.process_time()
    text = to_html(analysis, summary)
    took = time.process_time() - began
    file.write_text(text, encoding="utf-8")
    print(f"  {file.stat().st_size / 1e6:.2f} MB, written in {took:.2f} s of processor time")


def opened(browser: Browser, file: Path) -> tuple[Page, CDPSession]:
    """The page, all of it drawn; say how long that took."""
    page = browser.new_page(viewport=WINDOW)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    began = time.perf_counter()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready=true]")
    took = time.perf_counter() - began
    print(f"  opened in {took:.2f} s; the page's thread worked {metrics(session)['TaskDuration']:.2f} s of it")
    return page, session


def metrics(session: CDPSession) -> dict[str, float]:
    """Seconds of processor time of the page's thread since it began."""
    answer: dict[str, Any] = session.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] for metric in answer["metrics"]}


def panned(page: Page, session: CDPSession) -> Iterator[float]:
    """Milliseconds of script in each frame, while the view moves to and fro."""
    page.locator("canvas").first.scroll_into_view_if_needed()
    for frame in range(FRAMES):
        before = metrics(session)["ScriptDuration"]
        page.evaluate(
            """key => new Promise((done) => {
              document.querySelector("canvas").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
              requestAnimationFrame(() => requestAnimationFrame(done));
            })""",
            "ArrowLeft" if frame % 2 else "ArrowRight",
        )
        yield 1000 * (metrics(session)["ScriptDuration"] - before)


def measure(browser: Browser, file: Path) -> None:
    """Open it and move about, at several zooms."""
    page, session = opened(browser, file)
    for zoom in ZOOMS:
        page.click("[data-do=all]")
        for _ in range(zoom):
            page.click("[data-do=in]")
        page.wait_for_timeout(500)
        found = sorted(panned(page, session))
        print(f"  zoom 2^{zoom}: script in a frame, median {found[FRAMES // 2]:.1f} ms, longest {found[-1]:.1f} ms")
    page.close()


def main(operations: int = 1_000_000) -> None:
    """Kernels and copies of one device, and the same of eight."""
    trace = large(operations, operations // 20)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for devices in (1, 8):
            print(f"{operations:,} operations, devices: {devices}")
            file = Path(folder) / "report.html"
            written(spread(trace, devices), file)
            measure(browser, file)
        browser.close()


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
