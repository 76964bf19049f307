"""A full disk does not end a script, and is what gpu-trace gives as the reason."""

from __future__ import annotations

import subprocess
import sys

import pytest

from native import ENTRY, LEAN

FILL = 'mount -t tmpfs -o "$1" none disk && head -c "$2" /dev/zero > disk/filled; shift 2;'
EMPTY = "find disk/run -name .raw -prune -o -type f -empty -print"
MOUNT = FILL + f' "$@"; code=$?; ls disk; {EMPTY} 2>/dev/null; exit $code'
TORCH = f"{LEAN}torch.ones(2) + 1; print('hello')"


def ran(folder, text: str, options: str, filled: int = 0):
    """A script, recorded to a small disk of its own, which only these processes see."""
    (folder / "disk").mkdir()
    (folder / "script.py").write_text(text)
    ours = [sys.executable, *ENTRY, "run", "--no-summary", "--no-stacks", "-o", "disk/run", "script.py"]
    apart = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", options, str(filled)]
    ended = subprocess.run([*apart, *ours], cwd=folder, capture_output=True, text=True, check=False)
    if "unshare" in ended.stderr or "mount:" in ended.stderr:
        pytest.skip("needs a namespace of its own for a small disk")
    return ended


@pytest.mark.parametrize("options", ["size=128k", "size=1m,nr_inodes=4"], ids=["no room", "no files"])
def test_where_nothing_can_be_written_the_script_is_not_started(options, tmp_path):
    ended = ran(tmp_path, "print('hello')", options, filled=128 << 10)
    [told] = ended.stderr.splitlines()
    assert "disk/run" in told
    assert told.endswith("the run cannot be written there (No space left on device); choose another folder with -o")
    assert (ended.stdout, ended.returncode) == ("filled\n", 2)


@pytest.mark.parametrize(
    ("options", "free"),
    [("size=128k", 76), ("size=1m,nr_inodes=7", 0), ("size=128k", 100)],
    ids=["room", "files", "room for a page"],
)
def test_a_disk_that_fills_up_is_the_reason_given(options, free, tmp_path):
    ended = ran(tmp_path, TORCH, options, filled=(128 - free << 10) * bool(free))
    assert (ended.stdout, ended.returncode) == ("hello\nfilled\nrun\n", 0)
    told = ended.stderr.splitlines()
    assert "No space left on device" in told[0]
    assert [sentence for sentence in told[1:] if not sentence.startswith("gpu-trace: recording cost")] == [
        "gpu-trace: the script ended with exit code 0. No GPU is available; its CPU work was recorded.",
        "gpu-trace: the run is in disk/run",
    ]
