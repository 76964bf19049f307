"""The documentation as a site: it builds without a warning, every page can be reached, reading it needs no network."""

from __future__ import annotations

import re

import pytest

from mkdocs_site import ROOT, built

LOADED = re.compile(r"<(?:script|img|iframe|source)[^>]*\bsrc=\"([^\"]*)\"|<link[^>]*\bhref=\"([^\"]*)\"")
BROKEN = {"../samples/no_such_file.py": "is no file", "no-such-page.md": "no-such-page.md", "#nowhere": "nowhere"}
"""and what is said of each"""
REFERRED = re.compile(r"\b(?:href|src)=\"([^\"#:?]+)(?:[#?][^\"]*)?\"")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build = built(folder)
    assert build.returncode == 0, build.stderr
    return folder


def test_it_builds_without_a_warning_and_holds_every_page(site):
    docs = ROOT / "docs"
    pages = {page.relative_to(docs).with_suffix(".html") for page in docs.rglob("*.md")}
    made = {
        page.relative_to(site).with_name(
            "README.html" if page.name == "index.html" and page.parent != site else page.name
        )
        for page in site.rglob("*.html")
    }
    assert pages <= made


def test_nothing_is_loaded_from_elsewhere(site):
    pages = [page.read_text("utf-8") for page in site.rglob("*.html")]
    loaded = {first or second for page in pages for first, second in LOADED.findall(page)}
    assert loaded
    assert not {address for address in loaded if address.startswith(("http:", "https:", "//"))}
    styles = "".join(style.read_text("utf-8") for style in site.rglob("*.css"))
    assert not re.search(r"url\(\s*['\"]?(?:https?:)?//|@import", styles)


def test_every_address_within_the_site_is_there(site):
    missing = [
        f"{page.relative_to(site)}: {address}"
        for page in site.rglob("*.html")
        if page.name != "404.html"
        for address in REFERRED.findall(page.read_text("utf-8"))
        if not (page.parent / address).exists()
    ]
    assert missing == []


def test_no_block_of_code_is_indented():
    # Python-Markdown, which makes the site, takes such a block for text.
    pages = [page for page in (ROOT / "docs").rglob("*.md") if re.search(r"^[ \t]+```", page.read_text("utf-8"), re.M)]
    assert pages == []


def test_pictures_are_small_and_shown():
    shown = "".join(page.read_text("utf-8") for page in (ROOT / "docs").rglob("*.md"))
    pictures = list((ROOT / "docs/pictures").iterdir())
    assert pictures
    assert [picture.name for picture in pictures if picture.stat().st_size > 200_000 or picture.name not in shown] == []


def test_links_of_pages_outside_the_site_lead_somewhere():
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "samples").rglob("*.md")]
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)\s#:]+)\)", page.read_text("utf-8"))]
    assert links
    assert [(str(page), link) for page, link in links if not (page.parent / link).exists()] == []


def test_each_broken_link_fails(tmp_path):
    (tmp_path / "docs").mkdir()
    links = "".join(f"[broken]({link})\n" for link in BROKEN)
    (tmp_path / "docs/index.md").write_text(f"# Start\n\n{links}")
    settings = (ROOT / "mkdocs.yml").read_text("utf-8").replace("scripts/docs_", f"{ROOT}/scripts/docs_")
    settings = re.sub(r"^nav:\n(?:[ ].*\n)+", "nav: [index.md]\n", settings, flags=re.MULTILINE)
    (tmp_path / "mkdocs.yml").write_text(settings)
    build = built(tmp_path / "site", "--config-file", str(tmp_path / "mkdocs.yml"))
    assert build.returncode != 0
    warned = [line for line in build.stderr.splitlines() if line.startswith("WARNING")]  # each of which is a failure
    assert [link for link, complaint in BROKEN.items() if not any(complaint in line for line in warned)] == []
