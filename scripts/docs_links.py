"""Links from the documentation to other files of the repository, for mkdocs, which knows only its own folder.

A page links to ``../samples/two_gpus.py`` so that the link works wherever the repository is read. On the site each file
linked to becomes a page of its own: its text, highlighted. What is no text is copied. A file that is not there is an
error, as any broken link. The changelog and other pages of markdown stay pages.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, InclusionLevel

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_LINK = re.compile(r"(\]\()((?:\.\./)+[^)\s#]+)(#[^)\s]*)?(\))")
_FOLDER = "repository"
_LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml", ".sh": "bash", ".json": "json", ".c": "c"}
_BINARY = {".gz", ".png", ".pftrace"}
log = logging.getLogger("mkdocs.hooks.docs_links")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add a page, or a file, for everything outside the documentation that a page of it links to."""
    root = Path(config.docs_dir).parent
    for page in list(files.documentation_pages()):
        for match in _LINK.finditer(page.content_string):
            path = _outside(match[2], page, config)
            if path and path.is_file():
                place = _place(path.relative_to(root))
                if files.get_file_from_path(place) is None:
                    files.append(_file(path, place, config))
            elif path:
                log.warning("%s links to %s, which is no file", page.src_uri, match[2])
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Lead the links of a page to those pages and files."""
    root = Path(config.docs_dir).parent

    def led(match: re.Match[str]) -> str:
        path = _outside(match[2], page.file, config)
        if path is None:
            return match[0]
        here = os.path.relpath(_place(path.relative_to(root)), Path(page.file.src_uri).parent)
        return f"{match[1]}{here}{match[3] or ''}{match[4]}"

    return _LINK.sub(led, markdown)


def _outside(link: str, page: File, config: MkDocsConfig) -> Path | None:
    """The file of the repository that a link means; None where it stays within the documentation."""
    docs = Path(config.docs_dir)
    path = (docs / page.src_uri).parent.joinpath(link).resolve()
    inside = path.is_relative_to(docs) or not path.is_relative_to(docs.parent)
    return None if inside or page.generated_by else path


def _place(path: Path) -> str:
    markdown = "" if path.suffix in {".md", *_BINARY} else ".md"
    return f"{_FOLDER}/{path.as_posix()}{markdown}"


def _file(path: Path, place: str, config: MkDocsConfig) -> File:
    if path.suffix in _BINARY:
        content: str | bytes = path.read_bytes()
    else:
        content = path.read_text(encoding="utf-8")
        if path.suffix != ".md":
            name = path.relative_to(Path(config.docs_dir).parent)
            content = f"# {name}\n\n```{_language(path, content)}\n{content}```\n"
    return File.generated(config, place, content=content, inclusion=InclusionLevel.NOT_IN_NAV)


def _language(path: Path, content: str) -> str:
    return "bash" if content.startswith("#!/usr/bin/env bash") else _LANGUAGES.get(path.suffix, "text")
