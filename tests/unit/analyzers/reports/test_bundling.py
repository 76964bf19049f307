"""The page's modules become one script: each has what it imports, and none is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gpu_trace_analyzers.reports import bundling

PAGE = Path(bundling.__file__).parent / "page"
ENTRIES = [bundling.ENTRY, bundling.ENTRY_OF_JOB]
MODULES = sorted(file.stem for file in PAGE.glob("*.js"))


def exports(name):
    return {
        *re.findall(r"^export (?:async )?(?:function\*?|const|class) (\w+)", (PAGE / f"{name}.js").read_text(), re.M)
    }


def test_all_modules_are_needed_and_each_stands_behind_those_that_it_imports():
    orders = [bundling.modules_of(entry) for entry in ENTRIES]
    assert sorted({name for order in orders for name in order}) == MODULES
    assert [order[-1] for order in orders] == ENTRIES


def test_all_styles_are_needed():
    names = {*bundling.STYLES, *bundling.STYLES_OF_JOB, "dark"}
    assert names == {file.stem for file in PAGE.glob("*.css")}


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_imports_is_exported_there(name):
    text = (PAGE / f"{name}.js").read_text()
    found = re.findall(r'^import \{([^}]*)\} from "\./(\w+)\.js";$', text, re.M)
    assert len(found) == len(re.findall(r"^import\b", text, re.M))
    assert [
        (part.strip(), other)
        for names, other in found
        for part in names.split(",")
        if part.strip() not in exports(other)
    ] == []


@pytest.mark.parametrize("name", MODULES)
def test_an_export_declares_one_name(name):
    text = (PAGE / f"{name}.js").read_text()
    assert len(exports(name)) == len(re.findall(r"^export\b", text, re.M))
    assert re.findall(r"^export const \w+ = [^;({]*, \w+ =", text, re.M) == []


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_first_which_question_it_answers(name):
    assert (PAGE / f"{name}.js").read_text().startswith("// ")


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_script_has_no_lines_that_only_modules_may_have(entry):
    assert re.findall(r"^(?:import|export)\b.*", bundling.script(entry), re.M) == []


def test_modules_that_import_each_other_are_refused(monkeypatch):
    texts = {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}
    monkeypatch.setattr(bundling, "_asset", texts.__getitem__)
    with pytest.raises(ValueError, match="a -> b -> a"):
        bundling.modules_of("a")
