"""Whether the script captures a CUDA graph just now: a synchronizing call of any thread would make that fail.

("global" is the mode of capture that torch takes unless told otherwise; CUDA programming guide, "Prohibited and
Unhandled Operations".)
"""

from __future__ import annotations

from .look_like import look_like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_under_way = [0]


def under_way() -> bool:
    """Whether a capture has begun and not ended."""
    return _under_way[0] > 0


def watch(graph: Any) -> None:
    """Have torch's class of graphs tell."""
    begin, end = graph.capture_begin, graph.capture_end

    def capture_begin(self: Any, *args: Any, **kwargs: Any) -> Any:
        _under_way[0] += 1
        try:
            return begin(self, *args, **kwargs)
        except BaseException:
            _under_way[0] -= 1
            raise

    def capture_end(self: Any) -> Any:
        try:
            return end(self)
        finally:
            _under_way[0] = max(0, _under_way[0] - 1)

    look_like(capture_begin, begin)
    look_like(capture_end, end)
    graph.capture_begin, graph.capture_end = capture_begin, capture_end
