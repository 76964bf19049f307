from __future__ import annotations

from pathlib import Path

import pytest

TRACES = Path(__file__).parents[1] / "samples/traces"


@pytest.fixture(scope="session")
def recorded():
    """The path of a recorded trace by its name: ``recorded("two_streams")``."""

    def path(name: str) -> Path:
        return TRACES / f"{name}.json.gz"

    return path
