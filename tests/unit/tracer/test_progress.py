"""What takes long shows on a terminal how far it is, and leaves nothing behind."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

import pytest

import forked_cli
from gpu_trace import progress

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


AT_ONCE = """
import contextlib, threading
from gpu_trace import progress
from gpu_trace_analyzers.readers.base import position
progress.PATIENCE_S = 0
in_thread, update, shown = progress.in_thread, progress._update, threading.Event()
def updated(bar, *tasks):
    update(bar, *tasks)
    if not position.current():
        bar.refresh()
        shown.set()
@contextlib.contextmanager
def until_shown(show, name):
    shown.clear()
    with in_thread(show, name):
        yield
        shown.wait(60)
progress.in_thread, progress._update = until_shown, updated
"""
"""Has a command show its progress from the beginning, and go on once it was shown what it does besides reading."""
RECORDED = """
import shutil
from gpu_trace.recording import record
def run(_request, folder, _saving):
    shutil.copytree({raw!r}, folder.raw, dirs_exist_ok=True)
    print("printed by the script", flush=True)
    return 0, 435
record.launch.run = run
"""


@cache
def slowly_read(patience_s: float, **environment: str) -> str:
    """What a terminal shows on stderr of a program that reads a file slowly."""
    program = [sys.executable, "-c", SLOW, str(TRACES / "ddp_rank0.json.gz"), str(patience_s)]
    return on_a_terminal(program, b"done\n", **environment)


def at_once(arguments: list[str], printed: bytes | None, first: str = "") -> str:
    """What a terminal shows of a command that shows its progress from the beginning; ``first`` runs before it."""
    return on_a_terminal([str(forked_cli.program()), *arguments], printed, **{forked_cli.FIRST: AT_ONCE + first})


def on_a_terminal(command: list[str], printed: bytes | None, **environment: str) -> str:
    """What a terminal shows on stderr of a program that prints something into a pipe.

    ``printed`` of None: the terminal gets that as well.
    """
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "CI": "", **environment}
    stdout = theirs if printed is None else subprocess.PIPE
    with subprocess.Popen(command, stdout=stdout, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 1 << 16):
                shown += block
        except OSError:  # the terminal is gone: all is read
            pass
        os.close(ours)
        assert process.stdout is None or process.stdout.read() == printed
    return shown.decode()


def test_a_terminal_sees_how_much_is_read_and_then_what_is_done():
    shown = slowly_read(0.1)
    shares = [int(share) for share in re.findall(r"reading ddp_rank0\.json\.gz, .*?(\d+)%", shown)]
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] > shares[0]
    assert "computing" in shown
    assert shown.rstrip().endswith(("\x1b[2K", "\x1b[?25h"))  # the line is gone and the cursor is back


def test_what_is_quick_shows_nothing():
    assert slowly_read(60) == ""


@pytest.mark.parametrize("environment", [{"CI": "true"}, {"TERM": "dumb"}], ids=str)
def test_a_terminal_that_keeps_every_line_gets_nothing(environment):
    assert slowly_read(0.1, **environment) == ""


def test_a_narrow_terminal_has_it_in_one_line():
    frames = re.split(r"\x1b\[2K|[\r\n]", slowly_read(0.1, COLUMNS="60"))
    lines = [re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", frame) for frame in frames]
    assert any("reading ddp_rank0" in line for line in lines)
    assert max(map(len, lines)) <= 60
    assert all("reading" in line or "computing" in line for line in lines if line.strip())


def test_the_time_is_that_since_the_work_began():
    program = "import time; from gpu_trace import progress; progress.PATIENCE_S = 1.1\n"
    command = [sys.executable, "-c", f'{program}with progress.progress("computing"): time.sleep(2.6)']
    shown = on_a_terminal(command, b"")
    assert re.search(r"\d:\d\d:\d\d", shown)[0] != "0:00:00"


_COUNTED = """
import time
from gpu_trace import progress
progress.PATIENCE_S = 0.1
with progress.counted("reading 4 ranks", 4) as count:
    for _ in range(4):
        time.sleep(0.8)  # on a busy machine, the first go to the import of what shows it
        count.one_more()
"""


def test_of_many_files_it_shows_how_many_are_read():
    shown = on_a_terminal([sys.executable, "-c", _COUNTED], b"")
    shares = [int(share) for share in re.findall(r"reading 4 ranks.*?(\d+)%", shown)]
    assert shares == sorted(shares)
    assert len(set(shares)) > 1


def test_it_says_how_much_of_the_file_is_read():
    size_kb = (TRACES / "ddp_rank0.json.gz").stat().st_size / 1000
    assert re.search(rf"reading ddp_rank0\.json\.gz, [\d.]+ kB of {size_kb:.1f} kB", slowly_read(0.1))


@pytest.mark.parametrize("command", ["summary", "export", "info", "check"])
def test_a_pipe_gets_nothing(command, tmp_path):
    more = {"export": ["-o", str(tmp_path / "out.pftrace")], "check": ["--max-idle", "99%"]}.get(command, [])
    arguments = [forked_cli.program(), command, str(TRACES / "two_streams.json.gz"), *more]
    environment = {**os.environ, forked_cli.FIRST: AT_ONCE}
    ended = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    assert "\x1b" not in ended.stderr
    assert "%" not in ended.stderr


def test_writing_a_page_and_tables_is_told_too(tmp_path):
    out, tables = tmp_path / "page.html", tmp_path / "tables"
    arguments = ["summary", str(TRACES / "two_streams.json.gz"), "--html", str(out), "--csv", str(tables)]
    shown = at_once(arguments, b"")
    assert "writing page.html" in shown
    assert "writing tables" in shown


@pytest.mark.parametrize(
    ("command", "doing"),
    [
        (["summary", "{trace}"], "computing"),
        (["summary", "{folder}"], "grouping the runs"),
        (["check", "{trace}", "--max-idle", "99%"], "computing"),
        (["diff", "{trace}", "{trace}"], "computing"),
        (["info", "{trace}"], "computing"),
        (["export", "{trace}", "-o", "{out}/a.pftrace"], "writing a.pftrace"),
        (["whatif", "{trace}"], "computing"),
    ],
    ids=lambda case: case[0] + case[1].strip("{}") if isinstance(case, list) else "",
)
def test_every_command_tells_what_it_does_and_leaves_nothing_behind(command, doing, tmp_path):
    pair = TRACES / "whatif/pairs/products"
    copied = shutil.copytree(pair, tmp_path / "run")
    names = {"trace": str(copied), "folder": str(TRACES / "two_h200/pipeline"), "out": str(tmp_path)}
    shown = at_once([argument.format(**names) for argument in command], None)
    assert doing in shown
    assert "\x1b[?25l" in shown  # the cursor is hidden while the line is there
    assert shown.rfind("\x1b[?25h") > shown.rfind(doing)


def test_doctor_tells_that_it_records():
    probed = "import subprocess, sys, time; subprocess.run = lambda *_, **__: time.sleep(0.5) or sys.exit(7)"
    assert "recording a small script" in at_once(["doctor"], b"", probed)


def test_a_run_shows_nothing_before_the_script_has_ended(tmp_path):
    (tmp_path / "train.py").touch()
    arguments = ["run", "-o", str(tmp_path / "run"), str(tmp_path / "train.py")]
    raw = str(Path(__file__).parents[2] / "golden/recordings/whole")
    shown = at_once(arguments, None, RECORDED.format(raw=raw))
    before, _, after = shown.partition("printed by the script")
    assert before == ""
    for doing in ("reading the records", "making the summary"):
        assert doing in after
    assert after.rfind("\x1b[?25h") > after.rfind("\x1b[?25l")
    assert after.rstrip().endswith("shows more")


def test_what_takes_long_is_done_where_the_system_allows_no_more_threads(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(progress, "_is_watched", lambda: True)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    done = []
    with progress.progress("computing"):
        done.append("computed")
    assert done == ["computed"]
