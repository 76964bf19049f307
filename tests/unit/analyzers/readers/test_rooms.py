from __future__ import annotations

import grimp
import pytest

from gpu_trace_analyzers.readers.formats import READERS

ROOM = "gpu_trace_analyzers.readers"
NO_FORMATS = {"base", "chrome", "chrome_json", "finishing", "folders", "formats", "parquet", "unsupported"}
"""what is in the room beside the formats, held by the contracts of pyproject.toml"""


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("gpu_trace_analyzers")


def test_every_format_is_asked(graph):
    assert {name.rpartition(".")[2] for name in graph.find_children(ROOM)} - NO_FORMATS == set(READERS)


@pytest.mark.parametrize("name", READERS)
def test_a_format_imports_no_other(graph, name):
    own = {f"{ROOM}.{name}"} | graph.find_descendants(f"{ROOM}.{name}")
    imported = {each for module in own for each in graph.find_modules_directly_imported_by(module)} - own
    above = {"chrome_json", "folders", "formats", "unsupported"} | set(READERS)
    assert not {each for each in imported if each.startswith(f"{ROOM}.") and each.split(".")[2] in above}
