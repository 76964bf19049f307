"""The commands in the documentation, and what it says they print.

An example is a fenced ``console`` block: a line ``$ command``, then the output, until the next command or the end.
Commands that only read the sample traces must print just that; ``python tests/examples.py`` (or scripts/refresh-docs)
writes what they print now into the pages. The others are run in the order of their page, for their exit code alone.
Both in a `workplace`. The keys of summary.json are written into its page from their declaration, too.

    python tests/examples.py [PAGE ...]      write the outputs into these pages (default: all)
    python tests/examples.py --stale         say which pages are out of date, and write nothing
"""

from __future__ import annotations

import argparse
import atexit
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import forked_cli
from s3_server import s3_server
from summary_keys import with_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_JOB = re.compile(r"^ *- (?:run: )?(gpu-trace .*)$", re.MULTILINE)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_REPEATABLE = re.compile(
    r"gpu-trace (?:(?:summary|info|diff|check)\b[^|>]* (?:samples/traces/|ranks\b|fleet\b|s3://)[^|>]*|"
    r"whatif pair/[^|>]*|"
    r"(?:[a-z]+ )?--help|--version)$"
)
_WRITES = re.compile(r" --(columns|html|csv|junit|trace) ")
_NOT_RUN = re.compile(r"(scripts/|pip install|mkdir ranks|cp -r |ssh |scp |rsync |trace_processor |xdg-open )")
_PAIR = ("seed_nonblocking.json.gz", "seed_nonblocking.et.json.gz", "seed_two_streams.json.gz")
_PREDICTED = ("seed_nonblocking.json.gz", "--range", "measured", "--unrecorded", "189.24ms")
_GPU_VARIANTS = {"blocking": "compute_then_copy", "non_blocking": "interleaved", "side_stream_pinned": "side_thread"}
"""What stands for a variant of samples/compute_and_copy.py on a machine without a GPU."""
_SMALL = "--size 400 --inner 50 --products 5"
_FLEET = ["-m", "scripts.fleet", "--ranks", "16", "--steps", "6", "--seed", "3", "--faults", "late_data"]
_TRAIN = """
import os, torch
x = torch.ones(64, 64)
for _ in range(8): (x @ x).clone()
if int(os.environ.get("WORLD_SIZE", 1)) > 1:
    torch.distributed.init_process_group("gloo")
    torch.distributed.all_reduce(x)
    torch.distributed.destroy_process_group()
"""
"""The reader's own script, for a page that neither shows one nor counts its steps. An optimizer takes as long to import
as torch itself."""


_ONE_AT_A_TIME = threading.Lock()
"""makes what all pages share"""


@dataclass(frozen=True)
class Example:
    page: Path
    command: str
    shown: str

    @property
    def repeatable(self) -> bool:
        """Whether it prints the same on every machine, and writes nothing."""
        return bool(_REPEATABLE.match(self.command)) and not _WRITES.search(self.command)

    @property
    def runnable(self) -> bool:
        """Whether it can be run here: set-up, other machines and other programs are not ours to run."""
        return not _NOT_RUN.match(self.command)

    @property
    def on_a_cpu(self) -> str:
        """The command, with what stands for a GPU where there is none, and nobody there to open a browser."""
        command = self.command.partition("  #")[0].rstrip()
        for variant, other in _GPU_VARIANTS.items():
            command = re.sub(rf"(--variant|--range) {variant}\b", rf"\1 {other}", command)
        command = command.replace("samples/compute_and_copy.py", f"samples/compute_and_copy.py {_SMALL}")
        return re.sub(r"^gpu-trace open\b", "gpu-trace open --timeout 0", command)


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples(page: Path) -> list[Example]:
    blocks = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [Example(page, command, shown) for block in blocks for command, shown in _COMMAND.findall(block)]


@cache
def printed(command: str) -> str:
    """What a command prints on both streams, in a pipe."""
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    argv = [forked_cli.program(), *shlex.split(command.replace("\\\n", " "), comments=True)[1:]]
    environment |= _bucket() if "s3://" in command else {}
    with tempfile.TemporaryDirectory() as folder:
        _readers_folder(Path(folder), [command])
        ran = subprocess.run(
            argv, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
    return ran.stdout


def workplace(folder: Path, page: Path) -> dict[str, str]:
    """Make ``folder`` what a reader of ``page`` has, with the programs it uses. Returns the environment for them."""
    _readers_folder(folder, [example.command for example in examples(page) if example.runnable])
    if not any("--steps" in command for command in [*(each.command for each in examples(page)), *jobs(page)]):
        (folder / "train.py").write_text(_TRAIN, encoding="utf-8")
    programs = folder / ".bin"
    programs.mkdir()
    (programs / "gpu-trace").symlink_to(forked_cli.program())
    (programs / "torchrun").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m torch.distributed.run "$@"\n')
    (programs / "torchrun").chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    store = _bucket() if any("s3://" in example.command for example in examples(page)) else {}
    return {**os.environ, **store, "PATH": path, "OMP_NUM_THREADS": "1", "SSH_CONNECTION": "there"}


def _readers_folder(folder: Path, commands: Iterable[str]) -> None:
    """The samples, a trace, a folder of ranks, a pair of runs, and the training script of the page that shows one.

    A simulated job, where one of the commands needs it.
    """
    if any(command.endswith(" fleet") for command in commands):
        with _ONE_AT_A_TIME:
            shutil.copytree(_fleet(), folder / "fleet")
    traces = ROOT / "samples/traces"
    (folder / "samples").symlink_to(ROOT / "samples")
    (folder / "trace.json.gz").write_bytes((traces / "two_streams.json.gz").read_bytes())
    (folder / "ranks").mkdir()
    for rank in (0, 1):
        name = f"ddp_rank{rank}.json.gz"
        (folder / "ranks" / name).write_bytes((traces / name).read_bytes())
    (folder / "pair").mkdir()
    for name in _PAIR:
        (folder / "pair" / name).write_bytes((traces / "whatif" / name).read_bytes())
    (folder / "pair/seed_nonblocking.whatif.json").write_bytes(_prediction())
    (folder / "train.py").write_text(python_blocks(ROOT / "docs/how-to/training-step.md")[0], encoding="utf-8")


@cache
def _fleet() -> Path:
    """A simulated job; it is there until this process ends."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    made = [*_FLEET, "--truth", str(folder / "truth.json"), str(folder / "fleet")]
    subprocess.run([sys.executable, *made], cwd=ROOT, capture_output=True, check=True)
    return folder / "fleet"


def _bucket() -> dict[str, str]:
    """The environment that leads to ``s3://my-bucket`` on this machine, which has a folder of ranks."""
    with _ONE_AT_A_TIME:
        return _filled_bucket()


@cache
def _filled_bucket() -> dict[str, str]:
    server = (until_the_end := ExitStack()).enter_context(s3_server())
    atexit.register(until_the_end.close)
    server.client.create_bucket(Bucket="my-bucket")
    for rank in (0, 1):
        name = f"ddp_rank{rank}.json.gz"
        server.put("my-bucket", f"ddp/{name}", (ROOT / "samples/traces" / name).read_bytes())
    return server.environment


@cache
def _prediction() -> bytes:
    """What is stored of the pair before its change: pages verify it."""
    with tempfile.TemporaryDirectory() as folder:
        for name in _PAIR:
            (Path(folder) / name).write_bytes((ROOT / "samples/traces/whatif" / name).read_bytes())
        subprocess.run([forked_cli.program(), "whatif", *_PREDICTED], cwd=folder, capture_output=True, check=True)
        return (Path(folder) / "seed_nonblocking.whatif.json").read_bytes()


def python_blocks(page: Path) -> list[str]:
    """The Python shown on a page."""
    return _PYTHON.findall(page.read_text(encoding="utf-8"))


def jobs(page: Path) -> list[str]:
    """The commands of ours in the CI configuration shown on a page."""
    blocks = _YAML.findall(page.read_text(encoding="utf-8"))
    return [command for block in blocks for command in _JOB.findall(block)]


def fresh(page: Path) -> str:
    """The page with what its repeatable commands print now, and with the keys that there are now."""

    def block_again(block: re.Match[str]) -> str:
        return f"```console\n{_COMMAND.sub(command_again, block[1])}```"

    def command_again(match: re.Match[str]) -> str:
        example = Example(page, match[1], match[2])
        return f"$ {example.command}\n{printed(example.command)}" if example.repeatable else match[0]

    return with_keys(_BLOCK.sub(block_again, page.read_text(encoding="utf-8")))


def stale(page: Path, now: str) -> str:
    """Why a page is not as it would be now, and the command that mends it; empty where it is."""
    there = page.read_text(encoding="utf-8")
    if there == now:
        return ""
    name = page.relative_to(ROOT)
    changed = difflib.unified_diff(
        there.splitlines(), now.splitlines(), f"{name}", "what is printed now", n=1, lineterm=""
    )
    mend = f"python tests/examples.py {name}"
    return "\n".join(
        [f"{name} is out of date. To write what is printed now into it, run", "", f"    {mend}", "", *changed]
    )


def main() -> int:
    """Refresh the pages, or say which are stale; exit code 1 where one is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", type=Path)
    parser.add_argument("--stale", action="store_true")
    asked = parser.parse_args()
    chosen = [path.resolve() for path in asked.pages] or pages()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        commands = {example.command for page in chosen for example in examples(page) if example.repeatable}
        list(pool.map(printed, commands))
    found = [(page, now, said) for page in chosen if (said := stale(page, now := fresh(page)))]
    for page, now, said in found:
        if asked.stale:
            print(said, end="\n\n")
        else:
            page.write_text(now, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    return 1 if found and asked.stale else 0


if __name__ == "__main__":
    sys.exit(main())
