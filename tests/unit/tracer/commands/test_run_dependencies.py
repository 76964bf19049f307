"""``run --dependencies`` says before the script runs why it cannot record them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from gpu_trace.boot.contract import EXECUTION_TRACE_TOO_OLD
from gpu_trace.cli import gpu_trace


def refused(*arguments):
    result = CliRunner().invoke(gpu_trace, arguments)
    assert result.exit_code == 2, result.output
    return result.stderr


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "script.py").write_text("open('ran', 'w')\n", encoding="ascii")
    yield tmp_path
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--level", "gpu"],
            "--dependencies needs the operators, which --level gpu leaves out; use --level ops or full",
        ),
        (
            ["--after", "2"],
            "--dependencies cannot begin in the middle of a step, as with --after; use --steps or --range",
        ),
    ],
    ids=lambda case: " ".join(case) if isinstance(case, list) else "",
)
def test_what_does_not_go_with_it(options, said):
    assert refused("run", "--dependencies", *options, "script.py") == f"gpu-trace: {said}\n"


def test_a_pytorch_whose_storages_cannot_be_told_apart(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda _: "2.7.1+cu126")
    said = f"--dependencies needs PyTorch 2.8 or later, and 2.7.1+cu126 is installed: {EXECUTION_TRACE_TOO_OLD}"
    assert refused("run", "--dependencies", "script.py") == f"gpu-trace: {said}\n"
