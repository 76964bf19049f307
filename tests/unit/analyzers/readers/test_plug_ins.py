"""A reader of another distribution: one object and one entry point."""

from __future__ import annotations

import importlib.metadata
import pkgutil
import types

import pytest

import gpu_trace_analyzers.readers as package
from gpu_trace_analyzers.model import Source, Trace
from gpu_trace_analyzers.readers import formats, load
from small_traces import CUDA


class Diary:
    NAME = "diary"

    @staticmethod
    def recognizes(file) -> bool:
        return file.head.startswith(b"Dear diary")

    @staticmethod
    def read(file, rules, operators) -> Trace:
        return Trace(Source(str(file.path), "diary", events=1))


@pytest.fixture
def installed(monkeypatch):
    entry = types.SimpleNamespace(load=lambda: Diary)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [entry] if group == formats.GROUP else [])
    formats._of_other_distributions.cache_clear()
    yield
    formats._of_other_distributions.cache_clear()


def test_a_reader_of_another_distribution_is_asked(installed, tmp_path):
    path = tmp_path / "today.txt"
    path.write_text("Dear diary, the GPU was idle.")
    assert load(path).source.format == "diary"


def test_traces_known_here_are_read_here(installed, tmp_path):
    path = tmp_path / "trace.json"
    path.write_text(CUDA)
    assert load(path).source.format == "kineto"


def test_every_reader_has_what_a_reader_must_have(installed):
    for reader in formats.readers():
        assert isinstance(reader.NAME, str)
        assert callable(reader.recognizes)
        assert callable(reader.read)


def test_every_reader_is_listed():
    modules = {found.name for found in pkgutil.iter_modules(package.__path__)}
    listed = {*formats.READERS, formats.LAST_RESORT}
    assert listed <= modules
    own = {name for name in modules if hasattr(__import__(f"{package.__name__}.{name}", fromlist=["x"]), "recognizes")}
    assert own == listed
