"""The page with the button: it opens the Perfetto UI, waits until that answers, and posts the trace to it.

Browsers open a second window only after a user's click, which is why there is a button.
"""

from __future__ import annotations

import json
import secrets
from html import escape
from importlib.resources import files
from string import Template


def page(title: str, size: str, ui: str) -> tuple[bytes, str]:
    """The page, and the content security policy under which it works: nothing but its own script, and this server.

    ``ui`` is the address of the Perfetto UI with its fragment, absolute or relative to the page.
    """
    nonce = secrets.token_urlsafe(16)
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    # "<" could end the script element inside which the text stands.
    facts = json.dumps({"ui": ui, "title": title}).replace("<", "\\u003c")
    text = template.substitute(nonce=nonce, title=escape(title), size=escape(size), facts=facts)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return text.encode(), policy
