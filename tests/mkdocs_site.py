"""Builds the documentation as a site, as scripts/docs does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def built(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The build into ``folder``. Not quiet: mkdocs then neither tells of warnings nor fails for them."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
