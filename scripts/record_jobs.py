"""Records every job of samples/jobs on the GPUs of this machine, each first without a recording.

For each a folder: the trace of each rank, ``clocks.json`` (what each rank measured, unrecorded and recorded), and
``truth.json``, what is known to limit the job, for it was written so before it was recorded.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TRUTHS = ROOT / "samples/jobs/truths"


def record(name: str, folder: Path, ranks: int, more: list[str]) -> None:
    """Run a job twice, and leave what it gave in ``folder``."""
    truth = json.loads((TRUTHS / f"{name}.json").read_text())
    job = [str(ROOT / truth["script"]), *truth["arguments"], *more]
    with tempfile.TemporaryDirectory() as temporary:
        raw = Path(temporary)
        torchrun = ["torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
        _run("-m", *torchrun, *job, "--clocks", str(raw / "unrecorded"))
        ours = ["gpu_trace", "run", "-q", "-o", str(raw / "run"), f"--nproc-per-node={ranks}"]
        _run("-m", *ours, *job, "--clocks", str(raw / "recorded"))
        folder.mkdir(parents=True, exist_ok=True)
        for rank in range(ranks):
            shutil.copy(raw / f"run/trace-rank-{rank}.json.gz", folder)
        clocks = {kind: _clocks(raw / kind, ranks) for kind in ("unrecorded", "recorded")}
    (folder / "clocks.json").write_text(json.dumps(clocks, indent=1) + "\n")
    shutil.copy(TRUTHS / f"{name}.json", folder / "truth.json")


def _clocks(folder: Path, ranks: int) -> list[dict[str, object]]:
    return [json.loads((folder / f"clock-rank-{rank}.json").read_text()) for rank in range(ranks)]


def _run(*command: str) -> None:
    subprocess.run([sys.executable, *command], cwd=ROOT, check=True)


def main() -> None:
    """Record the chosen jobs, one after the other."""
    known = sorted(path.stem for path in TRUTHS.glob("*.json"))
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("-o", dest="folder", type=Path, default=ROOT / "samples/traces/two_h200")
    options.add_argument("--only", action="append", choices=known, help="can be repeated  [default: all]")
    options.add_argument("--ranks", type=int, default=2)
    options.add_argument("arguments", nargs="*", help="of every job, behind --")
    args = options.parse_args()
    for name in args.only or known:
        print(f"== {name}", flush=True)
        record(name, args.folder / name, args.ranks, args.arguments)


if __name__ == "__main__":
    main()
