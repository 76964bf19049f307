"""Cells of a notebook by the names that it shows them under: ``In[3]``, where a stack has a file with a number only."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..stack_sampling.records import SampledProcess

_FILE = "cells"


def note(raw: Path, names: Mapping[str, str]) -> None:
    """Keep the names of cells by their files. Raises OSError."""
    if names:
        (raw / _FILE).write_text(json.dumps(dict(names)), encoding="utf-8")


def named(sampled: SampledProcess, raw: Path) -> SampledProcess:
    """The same stacks, with cells in place of their files."""
    try:
        names: dict[str, str] = json.loads((raw / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no notebook; or the disk was full
        return sampled
    codes = {number: replace(code, file=names.get(code.file, code.file)) for number, code in sampled.codes.items()}
    return replace(sampled, codes=codes)
