"""The messages that the documentation explains are those that the code has, word by word."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
MESSAGES = [match[1] for match in re.finditer(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)]


def texts_in_the_code():
    """Every text constant; of f-strings, the parts between what is filled in."""
    for folder in ("tracer", "analyzers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_the_code_has_each_message():
    code = "\n".join(texts_in_the_code())
    parts = {message: [part for part in message.split("…") if len(part.strip()) > 1] for message in MESSAGES}
    assert all(parts.values())
    assert [(message, part) for message, of in parts.items() for part in of if part not in code] == []


def test_the_page_explains_many():
    assert len(MESSAGES) > 50
