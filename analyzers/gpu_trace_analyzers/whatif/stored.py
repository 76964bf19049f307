"""Where is ``whatif.json`` of a trace, and what is in it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..errors import TraceUnreadable
from ..readers.folders.files import RUN_FACTS, RUN_TRACES
from .document import EMPTY, SCHEMA, Document

if TYPE_CHECKING:
    from ..places import Place

FILE = "whatif.json"
_ENDINGS = (".gz", ".json", ".pftrace", ".sqlite")


def place_of(trace: Place) -> Place:
    """In the run folder; beside any other trace file, ``NAME.whatif.json``."""
    if trace.is_dir():
        return trace / FILE
    if trace.name in RUN_TRACES and (trace.parent / RUN_FACTS).is_file():
        return trace.with_name(FILE)
    name = trace.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return trace.with_name(f"{name}.{FILE}")


def stored(trace: Place) -> Document:
    """All that was predicted of a trace so far. Raises `TraceUnreadable` for a file that says something else."""
    path = place_of(trace)
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Document)
    except FileNotFoundError:
        return EMPTY
    except (OSError, msgspec.DecodeError) as error:
        raise _unreadable(path, str(error)) from error
    if found.schema != SCHEMA:
        raise _unreadable(path, f"its schema is {found.schema!r}")
    return found


def _unreadable(path: Place, why: str) -> TraceUnreadable:
    return TraceUnreadable(path, f"has no predictions of gpu-trace ({why})", "delete it, and predict again")
