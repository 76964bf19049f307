"""The environment in which HTA runs."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("traceinsight==0.6.1", "pandas<3")
"""With pandas 3, which it does not refuse, this version fails on a rank of more than 32,767 rows (a TypeError)."""


def python_with_hta(folder: Path) -> Path:
    """The Python of an environment that has HTA, which is made if the folder is not there."""
    python = folder.resolve() / "bin/python"
    if not python.exists():
        print(f"Installing {PACKAGES[0]} into {folder}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    quiet = ("--quiet", "--quiet", "--disable-pip-version-check")
    subprocess.run([str(python), "-m", "pip", "install", *quiet, *PACKAGES], check=True)
    return python
