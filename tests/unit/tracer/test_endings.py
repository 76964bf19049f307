"""How commands end that cannot go on, in processes of their own: what a shell and a CI job see."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gpu_trace.endings import errors_become_exit_codes

COMMANDS = (["summary"], ["summary", "--json"], ["info"], ["check", "--min-overlap", "0.9"])
FULL = Path("/dev/full")


def ended(arguments, **streams):
    environment = os.environ | streams.pop("env", {})
    command = [sys.executable, "-m", "gpu_trace", *map(str, arguments)]
    return subprocess.run(command, **({"stderr": subprocess.PIPE} | streams), env=environment, check=False)


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", [*COMMANDS, ["--help"]], ids=" ".join)
def test_a_full_disk_is_said_in_one_line(command, recorded):
    with FULL.open("wb") as full:
        result = ended([*command, recorded("two_streams")], stdout=full)
    assert result.stderr.decode() == (
        "gpu-trace: the output cannot be written (No space left on device); free space there, or choose another place\n"
    )
    assert result.returncode == 2


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_reason_that_cannot_be_said_keeps_its_exit_code(tmp_path):
    with FULL.open("wb") as full:
        assert ended(["summary", tmp_path / "missing.json"], stderr=full).returncode == 3


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_who_reads_no_further_is_not_taken_for_a_check_that_failed(command, recorded):
    reading, writing = os.pipe()
    os.close(reading)
    result = ended([*command, recorded("two_streams")], stdout=writing)
    os.close(writing)
    assert (result.returncode, result.stderr) == (141, b"")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_closed_output_is_no_error(command, recorded):
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "gpu_trace", *command, recorded("two_streams")]
    result = subprocess.run(shell, stderr=subprocess.PIPE, check=False)
    assert (result.returncode, result.stderr) == (0, b"")


def test_an_interrupted_check_has_not_failed(capsys):
    with pytest.raises(SystemExit) as ending, errors_become_exit_codes():
        raise KeyboardInterrupt
    assert (ending.value.code, capsys.readouterr().err) == (130, "gpu-trace: interrupted\n")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8:strict"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_what_an_encoding_lacks_is_replaced(encoding, command, recorded, tmp_path):
    odd = os.fsencode(tmp_path) + b"/odd\xff.json.gz"
    shutil.copy(recorded("two_streams"), odd)
    result = ended([*command, os.fsdecode(odd)], stdout=subprocess.PIPE, env={"PYTHONIOENCODING": encoding})
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"odd" in result.stdout
