from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from gpu_trace.cli import COMMANDS, gpu_trace


def imported_by(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has after running ``code``."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(shown.stdout.splitlines()[-1].split())


HELP = "from gpu_trace.cli import gpu_trace\ntry: gpu_trace(['--help'])\nexcept SystemExit: pass"
SUMMARY = (
    "from gpu_trace.cli import gpu_trace\ntry: gpu_trace(['summary', '--json', {path!r}])\nexcept SystemExit: pass"
)


def test_help_imports_no_command_and_nothing_heavy():
    heavy = {"torch", "numpy", "pandas", "rich", "msgspec", "perfetto", "nvtx", "asyncio"}
    loaded = imported_by(HELP)
    assert not heavy & loaded
    assert not any(name.startswith("gpu_trace.commands") for name in loaded)


RUN = """
from gpu_trace.commands import run
from gpu_trace.recording import folder, launch, record, request
"""


def test_run_has_no_threads_while_the_script_runs_and_so_no_numpy():
    assert not {"numpy", "pandas", "torch"} & imported_by(RUN)


def test_summary_imports_neither_torch_nor_pandas(recorded):
    code = SUMMARY.format(path=str(recorded("two_streams")))
    assert not {"torch", "pandas", "nvtx", "perfetto"} & imported_by(code)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name):
    shown = CliRunner().invoke(gpu_trace, [name, "--help"])
    assert shown.exit_code == 0
    assert f"gpu-trace {name}" in shown.output.split("Options:")[0].split("\n", 1)[1]


def test_an_unknown_command_is_a_usage_error():
    shown = CliRunner().invoke(gpu_trace, ["sumary"])
    assert shown.exit_code == 2
    assert "sumary" in shown.output
