"""Both traces that ``gpu-trace run`` writes, in the real UI."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gpu_trace_analyzers.readers import load

SCRIPT = """
import nvtx, torch
long = nvtx.start_range("crosses the steps", domain="train", color="red")
for step in range(3):
    with nvtx.annotate(f"step {step}", domain="train", color="green"), torch.profiler.record_function("product"):
        torch.randn(64, 64) @ torch.randn(64, 64)
    if step == 1:
        nvtx.end_range(long)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "script.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "gpu_trace", "run", "-q", "-o", "out", "--level", "full", "script.py"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "out"


@pytest.mark.parametrize("name", ["trace.json.gz", "trace.pftrace"])
def test_both_traces_of_a_run_show_all_of_it(run, opened, name):
    trace, shown = load(run, operators=True), opened(run / name, "--as-is")
    assert shown.complaints() == []
    wanted = [(trace.text(code), 1) for code in trace.ranges.name.tolist()]
    for title in ("step 0", "step 1", "step 2", "crosses the steps"):
        assert (title, 1) in wanted
        # In the native trace work of a CPU stands on its lane as well; ranges are nowhere else.
        assert shown.value(f"select count(*) from slice where name = '{title}'") == 1
    operators = int((trace.operators.end_ns - trace.operators.start_ns).sum())
    category = "cpu_op" if name.endswith(".json.gz") else "operator"
    found = shown.sql(f"select count(*), sum(dur) from slice where category = '{category}'")
    assert found == [[len(trace.operators), operators]]
    assert shown.value("select count(*) from process where name like '%python%'") == 1
