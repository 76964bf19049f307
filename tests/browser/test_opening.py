"""A browser that is started with a page on disk gets to the trace, and keeps it when it loads the page again."""

from __future__ import annotations

from gpu_trace.opening.prepare import prepare
from gpu_trace.opening.redirect import leading_to
from gpu_trace.opening.show import by_page


def test_the_page_on_disk_leads_to_the_trace_also_again(chromium, recorded, tmp_path):
    prepared = prepare(recorded("two_streams"), tmp_path)
    with by_page(prepared, {}) as server, leading_to(server.url) as page_on_disk:
        context = chromium.new_context()
        page = context.new_page()
        for reach in (lambda: page.goto(page_on_disk.as_uri()), page.reload, lambda: page.goto(page_on_disk.as_uri())):
            with page.expect_response(lambda answer: answer.url.endswith("/trace")) as trace:
                reach()
            assert trace.value.status == 200
            assert page.url == server.url
        page.goto("about:blank")
        context.close()
        stranger = chromium.new_context().new_page()
        with stranger.expect_response(server.url) as answer:
            stranger.goto(page_on_disk.as_uri(), wait_until="commit")
        assert answer.value.status == 403
        stranger.context.close()
