from __future__ import annotations

import compileall
import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from gpu_trace.recording.launch import machine_has_gpu

# A test must not fail for being slow on a busy machine.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
TESTS = Path(__file__).parent
TRACES = TESTS.parent / "samples/traces"
SLOW = {"browser", "fidelity", "gpu"}
"""Folders whose tests each start processes that import torch, or a browser; single files say it with ``pytestmark``."""


def pytest_configure(config):
    """Start children with default signals, also where ``nohup`` or ``&`` ignored some; print as into a pipe."""
    if not hasattr(config, "workerinput"):
        compile_packages()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.environ.pop("COLUMNS", None)  # the worker processes of -n 2 are given a width of 80


def compile_packages():
    """Each of the hundreds of children would compile them anew, since none writes bytecode into a script's folder."""
    for package in ("tracer", "analyzers"):
        compileall.compile_dir(TESTS.parent / package, quiet=2)


def pytest_collection_modifyitems(items):
    has_gpu = machine_has_gpu()
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in SLOW:
            item.add_marker(pytest.mark.slow)
        if not has_gpu and item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="needs an NVIDIA GPU"))


@pytest.fixture(scope="session")
def recorded():
    """The path of a recorded trace by its name: ``recorded("two_streams")``."""

    def path(name: str) -> Path:
        return TRACES / f"{name}.json.gz"

    return path
