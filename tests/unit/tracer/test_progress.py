"""What takes long shows on a terminal how far it is, and leaves nothing behind."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

TRACES = Path(__file__).parents[3] / "samples/traces"
SLOW = """
import sys, time
from pathlib import Path
from gpu_trace import progress
from gpu_trace_analyzers.readers.base.tracefile import TraceFile
progress.PATIENCE_S = float(sys.argv[2])
with progress.progress("computing"):
    for _ in TraceFile(Path(sys.argv[1])).blocks(1 << 18):
        time.sleep(0.05)
    time.sleep(0.3)
print("done")
"""


def slowly_read(patience_s: float) -> str:
    """What a terminal shows on stderr of a program that reads a file slowly."""
    return on_a_terminal([SLOW, str(TRACES / "ddp_rank0.json.gz"), str(patience_s)], b"done\n")


def on_a_terminal(program: list[str], printed: bytes) -> str:
    """What a terminal shows on stderr of a program in Python, which prints something into a pipe."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", *program]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 1 << 16):
                shown += block
        except OSError:  # the terminal is gone: all is read
            pass
        os.close(ours)
        assert process.stdout is not None
        assert process.stdout.read() == printed
    return shown.decode()


def test_a_terminal_sees_how_much_is_read_and_then_what_is_done():
    shown = slowly_read(0.1)
    shares = [int(share) for share in re.findall(r"reading ddp_rank0\.json\.gz .*?(\d+)%", shown)]
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] > shares[0]
    assert "computing" in shown
    assert shown.rstrip().endswith(("\x1b[2K", "\x1b[?25h"))  # the line is gone and the cursor is back


def test_what_is_quick_shows_nothing():
    assert slowly_read(60) == ""


@pytest.mark.parametrize("command", ["summary", "export", "info", "check"])
def test_a_pipe_gets_nothing(command, tmp_path):
    more = {"export": ["-o", str(tmp_path / "out.pftrace")], "check": ["--max-idle", "99%"]}.get(command, [])
    arguments = ["gpu-trace", command, str(TRACES / "two_streams.json.gz"), *more]
    program = (
        f"import sys; from gpu_trace import cli, progress; progress.PATIENCE_S = 0; sys.argv = {arguments}; cli.main()"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "\x1b" not in ended.stderr
    assert "%" not in ended.stderr


def test_writing_a_page_and_tables_is_told_too(tmp_path):
    out, tables = tmp_path / "page.html", tmp_path / "tables"
    arguments = ["summary", str(TRACES / "two_streams.json.gz"), "--html", str(out), "--csv", str(tables)]
    program = f"import sys; from gpu_trace import cli, progress; progress.PATIENCE_S = 0; sys.argv[1:] = {arguments}"
    shown = on_a_terminal([f"{program}; cli.main()"], b"")
    assert "writing page.html" in shown
    assert "writing tables" in shown
