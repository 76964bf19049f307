"""Gets a browser to an address without telling it to others: by a file that only its user can read.

What a browser is started with stands in its command line, which every user of the machine can read. So it is started
with the name of a page on disk, which leads on to the address.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>gpu-trace</title>
<meta http-equiv="refresh" content="0; url={url}">
<p><a href="{url}">Open the trace</a></p></html>
"""


@contextmanager
def leading_to(url: str) -> Iterator[Path]:
    """A page that leads to the address, of mode 0600 in a folder of mode 0700, for as long as the ``with`` lasts.

    Raises `UsageError` where there is no room for it.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="gpu-trace-", dir=_where_browsers_read())
        path = Path(folder.name) / "open.html"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(_PAGE.format(url=escape(url)))
    except OSError as error:
        problem = f"the page for the browser cannot be written there ({error.strerror})"
        where = error.filename or tempfile.gettempdir()
        raise UsageError(f"{where}: {problem}; set TMPDIR to another folder, or add --no-browser") from error
    with folder:
        yield path


def _where_browsers_read() -> Path | None:
    """None for the usual place. A browser from a snap has a /tmp of its own, and sees no hidden folder."""
    home = Path.home()
    return home if (home / "snap").is_dir() and os.access(home, os.W_OK) else None
