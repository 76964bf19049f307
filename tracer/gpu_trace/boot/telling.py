"""What a recorded process itself tells the user: one line on stderr, of what the notes could not hold."""

from __future__ import annotations

import sys


def tell(sentence: str) -> None:
    """Print it, unless the process has no stderr, as a daemon: its stdout is the script's alone."""
    if sys.stderr is not None:  # `print` takes None for stdout
        print(f"gpu-trace: {sentence}", file=sys.stderr)
