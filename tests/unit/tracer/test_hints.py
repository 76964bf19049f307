"""What people type who mean something else: a hint with the right command, and exit code 2."""

from __future__ import annotations

import json
import os
import shlex

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from gpu_trace.cli import gpu_trace
from gpu_trace.hints import for_script


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "train.py").write_text("open('ran', 'w')\n")
    (tmp_path / "my trace.json.gz").write_bytes(b"")
    (tmp_path / "book.ipynb").write_text(json.dumps({"cells": []}))
    (tmp_path / "job.sh").write_text("python train.py\n")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("torchrun", "#!/opt/venv/bin/python3.11\n"), ("nsys", "\x7fELF")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("train.py --epochs 1", "gpu-trace run train.py"),
        ("absent.py", "gpu-trace run absent.py"),
        ("python train.py", "gpu-trace run SCRIPT"),
        ("sumary x.json", "Did you mean 'summary'?"),
        ("opne x.json", "Did you mean 'open'?"),
        ("'my trace.json.gz'", "gpu-trace summary 'my trace.json.gz'"),
        ("xyzzy", "The commands are run, summary"),
        ("run python train.py --epochs 1", "gpu-trace run train.py --epochs 1"),
        ("run /usr/bin/python3.11 -u train.py", "gpu-trace run train.py"),
        ("run python -m package.train 'a b'", "gpu-trace run -m package.train 'a b'"),
        ("run python -c pass", "gpu-trace run SCRIPT"),
        ("run -o out python3 train.py", "gpu-trace run train.py"),
        ("run book.ipynb", "jupyter nbconvert --to script book.ipynb && gpu-trace run book.py"),
        ("run 'my trace.json.gz'", "gpu-trace summary 'my trace.json.gz'"),
        ("run job.sh", "In it, write gpu-trace run in place of python."),
        ("run torchrun --nproc-per-node 2 train.py", "bin/torchrun --nproc-per-node 2 train.py"),
        ("run nsys", "nsys is not a Python script. gpu-trace run takes a Python script"),
        ("check x.json --min-overlap 95", "'95' is not a ratio from 0 to 1; write 0.95 or 95%"),
        ("check x.json --min-overlap 101%", "'101%' is not a ratio from 0 to 1; write 0.95 or 95%"),
    ],
)
def test_a_hint_and_the_exit_code_of_usage(typed, hint, folder):
    before = {path.name for path in folder.iterdir()}
    shown = CliRunner().invoke(gpu_trace, shlex.split(typed))
    assert shown.exit_code == 2
    assert hint in " ".join(shown.stderr.split())
    assert shown.stdout == ""
    assert {path.name for path in folder.iterdir()} == before


@pytest.mark.parametrize("name", ["python", "train.py", "-", "folder", ""])
def test_what_python_can_run_gets_no_hint(name, folder):
    for package in ("python", "folder"):
        (folder / package).mkdir()
        (folder / package / "__main__.py").write_text("")
    assert for_script(name, []) == ""


def test_a_share_of_overlap_is_its_ratio(recorded):
    for given, code in (("97%", 0), ("98.1 %", 1)):
        arguments = ["check", str(recorded("two_streams")), "--min-overlap", given]
        assert CliRunner().invoke(gpu_trace, arguments).exit_code == code


def completed(*words):
    *before, incomplete = words
    found = ShellComplete(gpu_trace, {}, "gpu-trace", "_GPU_TRACE_COMPLETE").get_completions(before, incomplete)
    return [(item.type, item.value) for item in found]


@pytest.mark.parametrize(
    "words",
    [
        ["run", "tr"],
        ["run", "--level", "ops", "tr"],
        ["run", "train.py", "da"],
        ["summary", "tr"],
        ["summary", "a.json", "tr"],
        ["summary", "--html", "tr"],
        ["open", "tr"],
        ["info", "tr"],
        ["check", "tr"],
        ["diff", "a.json", "tr"],
        ["export", "tr"],
        ["export", "a.json", "-o", "tr"],
    ],
    ids=" ".join,
)
def test_files_are_completed(words):
    assert completed(*words) == [("file", words[-1])]


def test_commands_and_options_are_completed_and_those_of_the_script_are_not():
    assert completed("su") == [("plain", "summary")]
    assert ("plain", "--level") in completed("run", "--le")
    assert completed("run", "train.py", "--le") == []
