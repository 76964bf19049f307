"""Every change that is priced. A new one is a file here and a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .by_dependencies import by_dependencies
from .faster import faster_host, half_bytes
from .pinned import pinned
from .side_streams import side_streams
from .waits import fewer_waits, late_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..modeled import Modeled
    from .change import Change

CHANGES: tuple[Callable[[Modeled], Iterable[Change]], ...] = (
    by_dependencies,
    side_streams,
    pinned,
    fewer_waits,
    late_results,
    faster_host,
    half_bytes,
)


def every(model: Modeled) -> Mapping[str, Change]:
    """The changes that a recording has anything to change for, by id."""
    return {change.id: change for find in CHANGES for change in find(model)}
