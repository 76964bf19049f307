"""From a file to a `Trace`."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines import default_rules
from . import kineto

if TYPE_CHECKING:
    from os import PathLike

    from ..engines import EngineRules
    from ..model import Trace


def load(path: str | PathLike[str], *, rules: EngineRules | None = None, operators: bool = False) -> Trace:
    """Read a trace file or a run folder.

    ``operators`` also keeps the framework's operators on the host, which no figure of a GPU needs.
    """
    data = Path(path).read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return kineto.read(data, str(path), rules or default_rules(), operators)


__all__ = ["load"]
