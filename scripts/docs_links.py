"""Links from the documentation to other files of the repository, for mkdocs, which knows only its own folder.

A page links to ``../samples/two_gpus.py`` so that the link works wherever the repository is read. On the site each file
linked to becomes a page of its own: markdown as it is, with its links followed in turn, other text as a listing. A file
that is not text is copied; a folder stands for its README.md. A missing file is an error, as any broken link.
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

_LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")
_FOLDER = "repository"
_LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml", ".sh": "bash", ".json": "json", ".c": "c"}
_BINARY = {".gz", ".png", ".pftrace"}
log = logging.getLogger("mkdocs.hooks.docs_links")


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add a page, or a file, for everything outside the documentation that a page of it leads to."""
    docs = Path(config.docs_dir)
    waiting = [(docs / page.src_uri, page.content_string) for page in files.documentation_pages()]
    while waiting:
        source, text = waiting.pop()
        for path in filter(None, (_meant(match[2], source, docs) for match in _LINK.finditer(text))):
            place = _place(path, docs)
            if not path.is_file():
                log.warning("%s links to %s, which is no file", source.relative_to(docs.parent), path)
            elif not path.is_relative_to(docs) and files.get_file_from_path(place) is None:
                files.append(_file(path, place, config))
                if path.suffix == ".md":
                    waiting.append((path, path.read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Lead the links of a page to those pages and files."""
    docs, place = Path(config.docs_dir), Path(page.file.src_uri)
    source = docs.parent / place.relative_to(_FOLDER) if place.is_relative_to(_FOLDER) else docs / place

    def led(match: re.Match[str]) -> str:
        path = _meant(match[2], source, docs)
        if path is None:
            return match[0]
        return f"{match[1]}{os.path.relpath(_place(path, docs), place.parent)}{match[3] or ''}{match[4]}"

    return _LINK.sub(led, markdown)


def _meant(link: str, source: Path, docs: Path) -> Path | None:
    """The file of the repository that a link means; None for what is between pages of the documentation, or no file."""
    path = (source.parent / link).resolve()
    path = path / "README.md" if path.is_dir() else path
    within = source.is_relative_to(docs) and path.is_relative_to(docs)
    listing = source.suffix != ".md"
    return None if within or listing or not path.is_relative_to(docs.parent) else path


def _place(path: Path, docs: Path) -> str:
    if path.is_relative_to(docs):
        return path.relative_to(docs).as_posix()
    listing = "" if path.suffix in {".md", *_BINARY} else ".md"
    return f"{_FOLDER}/{path.relative_to(docs.parent).as_posix()}{listing}"


def _file(path: Path, place: str, config: MkDocsConfig) -> File:
    content: str | bytes
    if path.suffix in _BINARY:
        content = path.read_bytes()
    elif path.suffix == ".md":
        content = path.read_text(encoding="utf-8")
    else:
        content = _listing(path, path.relative_to(Path(config.docs_dir).parent))
    return File.generated(config, place, content=content, inclusion=InclusionLevel.NOT_IN_NAV)


def _listing(path: Path, name: Path) -> str:
    text = path.read_text(encoding="utf-8")
    language = "bash" if text.startswith("#!/usr/bin/env bash") else _LANGUAGES.get(path.suffix, "text")
    return f"# {name}\n\n```{language}\n{text}```\n"
