"""The short summary of each recorded trace fits a screen, and says the same however narrow the terminal is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpu_trace_analyzers.reports.text import to_text
from summaries import summary_of

if TYPE_CHECKING:
    from gpu_trace_analyzers.summary import Summary

TRACES = Path(__file__).parents[2] / "samples/traces"
ONE_DEVICE = sorted(
    path
    for folder in ("", "limits_h200", "one_h200")
    for path in (TRACES / folder).glob("*.json.gz")
    if not path.name.startswith(("gpu1_and", "mlp_", "mxnet_", "seed_mxnet")) or folder == "one_h200"
)
PAIRS = sorted((TRACES / "whatif/pairs").glob("*/"))
SEVERAL = sorted(
    [*(TRACES / "two_h200").iterdir(), TRACES / "one_h200/two_ranks", *({*TRACES.glob("*.json.gz")} - {*ONE_DEVICE})]
)
SCREEN = 24
AFTER_THE_SUMMARY = 3
"""lines of ``gpu-trace run`` below it: how the script ended, what recording cost, how to see more"""
BAR = set("█▏▎▍▌▋▊▉")


def summary_at(path: Path) -> Summary:
    """With a path as somebody would give it, whose length does not depend on where the tests are."""
    found = summary_of(path)
    return replace(found, source=replace(found.source, path=f"samples/traces/{named(path)}"))


def brief(path: Path, width: int) -> str:
    return to_text(summary_at(path), width=width, brief=True)


def named(path: Path) -> str:
    return str(path.relative_to(TRACES))


@pytest.mark.parametrize("path", ONE_DEVICE + PAIRS, ids=named)
def test_one_device_fits_a_screen(path):
    assert len(summary_of(path).shown_devices) == 1
    assert brief(path, 80).count("\n") + AFTER_THE_SUMMARY <= SCREEN


@pytest.mark.parametrize("path", SEVERAL, ids=named)
def test_two_devices_nearly_fit_one(path):
    assert len(summary_of(path).shown_devices) == 2
    assert brief(path, 80).count("\n") <= SCREEN


@pytest.mark.parametrize("path", ONE_DEVICE + PAIRS + SEVERAL, ids=named)
def test_a_narrow_terminal_has_every_word(path):
    """Sentences are wrapped, never cut, and no figure goes."""
    narrow, wide = brief(path, 60), brief(path, 200)
    assert max(map(len, narrow.splitlines())) <= 60
    assert words(narrow) == words(wide)


def words(text: str) -> str:
    """Without bars, and without blanks, for a word longer than a line is cut in two."""
    return "".join(word for word in text.split() if not set(word) <= BAR)
