"""A whole job, read in this process, one rank after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .kept import Kept
from .merged import merged
from .part_of import part_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..asked import Asked
    from .partial import Partial
    from .sources import RankFiles


def in_process(files: Sequence[RankFiles], asked: Asked) -> Partial:
    """The parts of all ranks as one. Raises `UsageError` as `part_of` does."""
    kept = Kept.of(len(files))
    return merged([part_of(each, asked, kept) for each in files])
