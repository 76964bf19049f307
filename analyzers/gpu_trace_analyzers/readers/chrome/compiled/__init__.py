"""The fastest way through a block of events: a C library makes columns of them. Optional, as a C compiler is."""

from .library import COUNTED, IN_COLUMNS, LEFT, built_library
from .scanner import Scanner
from .spans import ScannedSpans
from .wanted import Name, Wish

__all__ = ["COUNTED", "IN_COLUMNS", "LEFT", "Name", "ScannedSpans", "Scanner", "Wish", "built_library"]
