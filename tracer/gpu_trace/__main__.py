"""``python -m gpu_trace``: the same as the command ``gpu-trace``."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # -m puts the working directory first, and a script's own click.py there must not become ours.
    if Path(sys.path[0]).resolve() == Path.cwd() != Path(__file__).resolve().parents[1]:
        del sys.path[0]
    from gpu_trace.cli import main

    main()
