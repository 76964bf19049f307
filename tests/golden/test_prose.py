"""Pages, printed texts, docstrings and comments are in one English, with named subjects and US spelling."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(page for place in ("*.md", "docs/**/*.md", "samples/**/*.md") for page in ROOT.glob(place))
FOLDERS = sorted(
    {
        path.parent
        for root in ("samples", "analyzers", "tracer", "lab", "scripts")
        for path in (ROOT / root).rglob("*.py")
    }
)
"""A test of each file would take as long as what it does."""
PRINTING = {path for root in ("analyzers", "tracer", "lab") for path in (ROOT / root).rglob("*.py")}

IDIOM = re.compile(
    r"\b(whoever|nobody|somebody|but for|save for|of ours|sat in|hears?|heard|mend(s|ed)?|way out|likewise"
    r"|(?<!there )is no (?!longer))",
    re.IGNORECASE,
)
UK_ENDING = re.compile(r"\b\w+is(?:e|es|ed|er|ers|ing|ation|ations|able)\b", re.IGNORECASE)
ENDS_ALIKE_IN_THE_US = re.compile(
    r"(?:\w*wise|\w*(?:ra|pra|no|po|adv|dev|rev|superv|telev|improv|prec|exerc|prom|compr|surpr|enterpr|conc|disgu"
    r"|expert|prem|exc|paraph|merchand|franch|disadv|ad|d|r|a|ar)is(?:e|es|ed|er|ers|ing|able))",
    re.IGNORECASE,
)
UK_WORD = re.compile(
    r"\b(?:\w*(?:behavi|col|fav|hon|hum|lab|neighb)our\w*|cent(?:re|res|red)|(?:anal|catal|paral)ys(?:e|ed|ing)"
    r"|(?:cancel|label|level|model|signal|travel)l(?:ed|er|ing)|artefacts?|defence|grey|learnt|licence|misspelt|programmes?|whilst)\b",
    re.IGNORECASE,
)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`|\]\([^)\s]*\)", re.MULTILINE | re.DOTALL)


def complaints(text: str) -> list[str]:
    """The words of ``text`` that its English does not have, each with what stands around it."""
    text = " ".join(text.split())
    found = [*IDIOM.finditer(text), *UK_WORD.finditer(text)]
    found += [match for match in UK_ENDING.finditer(text) if not ENDS_ALIKE_IN_THE_US.fullmatch(match[0])]
    return [text[max(0, match.start() - 40) : match.end() + 40] for match in found]


def docstrings(nodes: list[ast.AST]) -> str:
    """All of them, also the texts below an assignment or a field."""
    bare = [node.value for node in nodes if isinstance(node, ast.Expr)]
    return "\n".join(each.value for each in bare if isinstance(each, ast.Constant) and isinstance(each.value, str))


def comments(source: str) -> str:
    if "#" not in source:  # which takes a hundredth of the time
        return ""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return "\n".join(token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT)


def printed(nodes: list[ast.AST]) -> str:
    """Text constants and the parts of f-strings, each as a sentence by itself; docstrings are not among them."""
    bare = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in bare]
    return " . ".join(node.value for node in constants if isinstance(node.value, str))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_in_plain_us_english(page):
    assert complaints(CODE.sub(" ", page.read_text("utf-8"))) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_docstrings_comments_and_printed_texts_are_in_plain_us_english(folder):
    found = {source.name: complaints_of(source) for source in sorted(folder.glob("*.py"))}
    assert {name: words for name, words in found.items() if words} == {}


def complaints_of(source: Path) -> list[str]:
    text = source.read_text("utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    texts = [docstrings(nodes), comments(text), printed(nodes) if source in PRINTING else ""]
    return [words for each in texts for words in complaints(each)]


def test_printed_texts_are_constants_and_parts_of_f_strings_without_docstrings():
    source = (
        "'''Module.'''\nname: str\n'''What it is.'''\ndef f(n):\n    '''Doc.'''\n    return f'{n} lost' + 'again'\n"
    )
    assert sorted(printed(list(ast.walk(ast.parse(source)))).split(" . ")) == [" lost", "again"]


@pytest.mark.parametrize(
    "text",
    [
        "The others wait for whoever comes last.",
        "all modules but for those of the boot folder",
        "the way out of what will not",
        "The file is no trace.",
        "gpu-trace recognises a file",
        "a synchronisation row",
        "the same behaviour",
        "the color of neighbouring tracks",
    ],
)
def test_idioms_and_uk_spelling_are_found(text):
    assert complaints(text)


@pytest.mark.parametrize(
    "text",
    [
        "A trace is no longer one of several runs.",
        "There is no compiler.",
        "It raises an error, otherwise it is precise.",
        "gpu-trace recognizes a file and synchronizes",
        "analyses of your own",
        "disable the flag",
    ],
)
def test_plain_english_passes(text):
    assert complaints(text) == []
