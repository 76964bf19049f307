from __future__ import annotations

import signal
from pathlib import Path

import pytest
from hypothesis import settings

from gpu_trace.recording.launch import machine_has_gpu

# A test must not fail for being slow on a busy machine.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
TRACES = Path(__file__).parents[1] / "samples/traces"


def pytest_configure():
    """Have children begin with signals at their defaults, also where ``nohup`` or a shell's ``&`` ignored some."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_collection_modifyitems(items):
    if not machine_has_gpu():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="needs an NVIDIA GPU"))


@pytest.fixture(scope="session")
def recorded():
    """The path of a recorded trace by its name: ``recorded("two_streams")``."""

    def path(name: str) -> Path:
        return TRACES / f"{name}.json.gz"

    return path
