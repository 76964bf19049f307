"""Records every script of samples/limits on the GPU of this machine, each first without a recording.

For each a trace, and in ``clocks.json`` what the script printed unrecorded and recorded. ``samples/limits/truths`` has
what limits each, for it was written so before it was recorded.
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
TRUTHS = ROOT / "samples/limits/truths"


def record(name: str, folder: Path, more: list[str]) -> dict[str, str]:
    """Run a script twice; leave its trace in ``folder`` and give back what it printed."""
    truth = json.loads((TRUTHS / f"{name}.json").read_text())
    script = [str(ROOT / truth["script"]), *truth["arguments"], *more]
    with tempfile.TemporaryDirectory() as temporary:
        unrecorded = _printed(*script)
        recorded = _printed("-m", "gpu_trace", "run", "-q", "-o", f"{temporary}/run", *script)
        shutil.copy(f"{temporary}/run/trace.json.gz", folder / f"{name}.json.gz")
    return {"unrecorded": unrecorded, "recorded": recorded}


def _printed(*command: str) -> str:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip().splitlines()[-1]


def main() -> None:
    """Record the chosen scripts, one after the other; one that fails is named, and the others are recorded."""
    known = sorted(path.stem for path in TRUTHS.glob("*.json"))
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("-o", dest="folder", type=Path, default=ROOT / "samples/traces/limits_h200")
    options.add_argument("--only", action="append", choices=known, help="can be repeated  [default: all]")
    options.add_argument("arguments", nargs="*", help="of every script, behind --")
    args = options.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    clocks = {}
    for name in args.only or known:
        try:
            clocks[name] = record(name, args.folder, args.arguments)
        except subprocess.CalledProcessError as failed:
            print(f"{name}: exit code {failed.returncode}", flush=True)
            continue
        print(f"{name}: {clocks[name]['unrecorded']}; recorded {clocks[name]['recorded']}", flush=True)
        (args.folder / "clocks.json").write_text(json.dumps(clocks, indent=1) + "\n")


if __name__ == "__main__":
    main()
