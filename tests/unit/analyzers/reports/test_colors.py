"""The colors of the page: light and dark have the same names, and text stands out from what it is written on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gpu_trace_analyzers.reports import bundling

PAGE = Path(bundling.__file__).parent / "page"
SCHEMES = ("light", "dark")
LEAST = 4.5  # of WCAG 2, level AA


def colors(scheme):
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6}|rgb\([^)]*\))", (PAGE / f"{scheme}.css").read_text()))


def luminance(color):
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_light_and_dark_have_the_same_names():
    assert colors("light").keys() == colors("dark").keys()


def test_every_variable_of_a_style_is_a_color_of_the_page():
    used = {name for file in PAGE.glob("*.css") for name in re.findall(r"var\(--([a-z-]+)\)", file.read_text())}
    assert used
    assert used - colors("light").keys() == set()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out(scheme):
    found = colors(scheme)
    bars = [name for name in found if name.startswith(("engine-", "lost-")) or name == "critical"]
    texts = [
        *((text, ground) for text in ("ink", "soft", "focus", "lost-copy", "lost-idle") for ground in ("page", "card")),
        *(("bar-ink", bar) for bar in bars),
        ("range-ink", "range"),
        *(("frame-ink", name) for name in ("frame", "frame-of-user", "frame-found")),
    ]
    assert len(bars) == 9
    low = {(text, on): contrast(found[text], found[on]) for text, on in texts}
    assert {pair: ratio for pair, ratio in low.items() if ratio < LEAST} == {}


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
