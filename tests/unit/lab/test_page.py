"""What is measured of a recorded variant, and what the page says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_trace_analyzers.readers import load
from lab.experiments import Experiment
from lab.measured import Lab, OnDevice, Ran, Recorded, Variant, recorded, wall_clocks
from lab.page import html, markdown

ROOT = Path(__file__).parents[3]


def test_wall_clocks_are_the_lines_of_variants():
    printed = "50 products of 4000x4000 (H200)\ncompute_only               131.7 ms\nmissing   not on this machine\n"
    assert wall_clocks(printed) == {"compute_only": 131_700_000}


def test_a_recorded_variant_is_what_the_trace_has_within_its_range():
    trace = load(ROOT / "samples/traces/two_streams.json.gz")
    expected = json.loads((ROOT / "samples/traces/expected.json").read_text())["two_streams.json.gz"]
    [device] = expected.values()
    found = recorded(trace, "two_streams", [])
    assert found is not None
    [on] = found.devices
    assert (on.compute_ns, on.copy_ns, on.overlap_ns) == (
        device["compute_ns"], device["copy_ns"], device["overlap_ns"],
    )  # fmt: skip
    assert recorded(trace, "no such variant", []) is None


def lab() -> Lab:
    def variant(name: str, wall_ms: float, compute: int, copy: int, overlap: int, recorded_ms: float = 0) -> Variant:
        on = OnDevice("GPU 0", compute + copy - overlap, compute, copy, overlap, 0, 0, compute + copy)
        return Variant(name, round(wall_ms * 1e6), Recorded(round((recorded_ms or wall_ms) * 1e6), [on]))

    variants = [
        variant("compute", 131.0, 131_000_000, 0, 0),
        variant("copy", 58.0, 0, 58_000_000, 0),
        variant("turns", 191.0, 131_000_000, 58_000_000, 0),
        variant("slow", 300.0, 131_000_000, 158_000_000, 0),
        variant("slower when recorded", 191.0, 131_000_000, 158_000_000, 0, recorded_ms=289.0),
    ]
    return Lab({"devices": "GPU 0"}, [Ran("sample", "what it does", [], variants)])


EXPERIMENT = Experiment("Title", "sample", "The book says so.", parts=(("compute",), ("copy",)))


def test_the_page_has_a_row_for_each_variant_and_a_word_where_the_ratios_differ():
    text = markdown(lab(), [EXPERIMENT], "A machine")
    assert "> The book says so." in text
    assert "| `turns` | 191.0 ms | 191.0 ms | 131.0 ms | 58.0 ms | 0 ns | **0.000** | -0.034 | 1.00 |" in text
    assert "- `turns`: the ratios differ by 0.034. For 2.00 ms of the recorded run, neither ran.\n" in text
    copies = "Copies were busy for 158.0 ms, and took 58.0 ms alone."
    assert f"- `slow`: the ratios differ by 1.914. {copies} For 11.0 ms of the recorded run, neither ran" in text
    recording = "The run took 289.0 ms recorded and 191.0 ms unrecorded."
    assert f"- `slower when recorded`: the ratios differ by 0.034. {copies} {recording}\n" in text
    assert "- `compute`" not in text


def test_the_page_as_html_stands_by_itself():
    text = html(markdown(lab(), [EXPERIMENT], "A machine"), "A machine")
    assert "<td" in text
    assert "http" not in text


def test_a_sample_that_is_no_experiment_is_a_usage_error(tmp_path):
    command = [sys.executable, "-m", "lab", "-o", str(tmp_path / "page"), "--only", "variants"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "'variants' is not one of 'two_gpus'" in refused.stderr
    assert not (tmp_path / "page").exists()


@pytest.mark.slow
def test_the_laboratory_runs_a_sample_on_this_machine(tmp_path):
    command = [sys.executable, "-m", "lab", "-o", str(tmp_path), "--only", "compute_and_copy", "--"]
    small = ["--size", "300", "--inner", "40", "--products", "6", "--repeats", "1"]
    subprocess.run([*command, *small], cwd=ROOT, check=True, capture_output=True)
    text = (tmp_path / "index.md").read_text()
    assert text.count("| `compute_then_copy` |") == 1
    assert "**0.000**" in text
    assert (tmp_path / "compute_and_copy/trace.json.gz").exists()
