"""The documentation in a browser: no page is wider than the window, on a desktop and on a phone; nothing is fetched."""

from __future__ import annotations

import pytest

from mkdocs_site import built

DESKTOP, PHONE = {"width": 1250, "height": 900}, {"width": 390, "height": 900}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    assert built(folder).returncode == 0
    return folder


def test_no_page_is_wider_than_the_window_or_asks_the_network(chromium, site):
    page = chromium.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    too_wide = {}
    for file in sorted(site.rglob("*.html")):
        if file.name == "404.html":  # it has absolute addresses, for it is shown at any
            continue
        page.set_viewport_size(PHONE)
        page.goto(file.as_uri())
        for window in (PHONE, DESKTOP):  # which a reader can make wider, but not a phone
            page.set_viewport_size(window)
            found = page.evaluate("document.documentElement.scrollWidth")
            if found > window["width"]:
                too_wide[str(file.relative_to(site)), window["width"]] = found
    page.context.close()
    assert too_wide == {}
    assert [url for url in asked if not url.startswith("file:")] == []
