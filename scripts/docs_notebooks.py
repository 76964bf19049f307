"""Notebooks of the documentation as pages, for mkdocs: their cells, and what these showed when they were last executed.

Nothing is executed here, and nothing is fetched by a reader: figures are drawn by the plotly.js that the plotly package
brings, which is copied into the site.
"""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_FIGURE = "application/vnd.plotly.v1+json"
_PLOTLY = "assets/plotly.min.js"
_OUTPUT = "<div data-output='{}'></div>"
_PLACE = re.compile(r"<div data-output='(\d+)'></div>")
_LINK = re.compile(r"(\]\((?:[^)\s]*/)?notebooks/\w+)\.ipynb\)")
_COLORS_OF_TERMINAL = re.compile(r"\x1b\[[\d;]*m")
_shown: dict[str, list[dict[str, Any]]] = {}
"""of each page what its cells showed, by the number of the output"""


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add a page for each notebook, which itself stays there to be downloaded."""
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        notebook = json.loads(Path(config.docs_dir, file.src_uri).read_text("utf-8"))
        place = str(Path(file.src_uri).with_suffix(".md"))
        _shown[place] = []
        text = "\n\n".join(_cells(notebook, _shown[place], Path(file.src_uri).name))
        files.append(File.generated(config, place, content=text))
    if any(_FIGURE in output.get("data", {}) for shown in _shown.values() for output in shown):
        files.append(File.generated(config, _PLOTLY, content=_plotly()))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Lead links to a notebook to its page."""
    return _LINK.sub(r"\1.md)", markdown)


def on_page_content(content: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Put the outputs of a notebook where its page has their places."""
    shown = _shown.get(page.file.src_uri)
    if shown is None:
        return content
    up = "../" * page.file.src_uri.count("/")
    figures = any(_FIGURE in output.get("data", {}) for output in shown)
    plotly = f'<script src="{up}{_PLOTLY}"></script>' if figures else ""
    return plotly + _PLACE.sub(lambda match: _output(shown[int(match[1])], int(match[1])), content)


def _cells(notebook: dict[str, Any], shown: list[dict[str, Any]], name: str) -> Iterator[str]:
    first, *others = notebook["cells"]
    yield "".join(first["source"])
    yield f"[Download this notebook]({name})"
    for cell in others:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield text
            continue
        yield f"```python\n{text}\n```"
        for output in cell["outputs"]:
            yield _OUTPUT.format(len(shown))
            shown.append(output)


def _output(output: dict[str, Any], number: int) -> str:
    """As a notebook shows it: the richest form that it has."""
    data = output.get("data", {})
    if _FIGURE in data:
        return _figure(data[_FIGURE], number)
    if "text/html" in data:
        return f'<div class="output">{"".join(data["text/html"])}</div>'
    text = "".join(data.get("text/plain", output.get("text", "")))
    return f'<div class="output"><pre>{html.escape(_COLORS_OF_TERMINAL.sub("", text))}</pre></div>'


def _figure(figure: dict[str, Any], number: int) -> str:
    drawn = {"data": figure["data"], "layout": figure["layout"], "config": {"responsive": True, "displaylogo": False}}
    text = json.dumps(drawn).replace("<", "\\u003c")  # no name can leave the block
    height = figure["layout"].get("height", 400)
    return (
        f'<div class="output" id="figure-{number}" style="height:{height}px"></div>'
        f'<script>Plotly.newPlot("figure-{number}", {text})</script>'
    )


def _plotly() -> bytes:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).encode()
