"""``gpu-trace doctor``: what works on this machine, and how to fix what does not."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from ..progress import progress
from ..terminal import display

if TYPE_CHECKING:
    from ..checkup.findings import Finding

_MARKS = {"ok": ("ok", "green"), "limited": ("--", "yellow"), "broken": ("!!", "red")}


@click.command()
def doctor() -> None:
    """Report what works on this machine, and how to fix what does not.

    The command exits with 1 if scripts cannot be recorded.

    \b
      gpu-trace doctor
    """  # noqa: D301  # \b is click's
    from ..checkup.examine import examine
    from ..checkup.findings import State, findings

    with progress("recording a small script"):
        found = findings(examine())
    for finding in found:
        display(_shown(finding))
    sys.exit(1 if any(finding.state is State.BROKEN for finding in found) else 0)


def _shown(finding: Finding) -> str:
    mark, color = _MARKS[finding.state.value]
    mark = mark if "NO_COLOR" in os.environ else click.style(mark, fg=color)
    line = f"{mark}  {finding.subject:<12} {finding.what}"
    return f"{line}\n    {'':<12} -> {finding.fix}" if finding.fix else line
