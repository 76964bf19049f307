"""What is asked of a trace: by which rules it is read, what counts as copying, in which window, and what a step is."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import index
from typing import TYPE_CHECKING

from .engines import default_rules
from .errors import UsageError
from .questions.sweep import Window
from .readers import load
from .summary import summarise
from .units import duration

if TYPE_CHECKING:
    from collections.abc import Collection
    from os import PathLike

    from .engines import EngineRules
    from .model import Engine, Trace
    from .summary import Summary


@dataclass(frozen=True, slots=True)
class Asked:
    """The same for every command and function that analyses, so that all of them give the same figures."""

    rules: EngineRules = field(default_factory=default_rules)
    """which engine an operation occupies; of effect when a trace is read"""
    copies: Collection[Engine] | None = None
    """the engines that count as copying; None: by kind of device"""
    from_ns: int | None = None
    """the window's start, counted from the first operation of any device; None: there"""
    to_ns: int | None = None
    """the window's end on the same clock; None: the end of the last operation"""
    step_range: str | None = None
    """the name of the range that is a step; None: ``ProfilerStep#n``"""

    @property
    def of_one_run(self) -> bool:
        """Whether it can be asked of one run alone: the times and steps of several have nothing in common."""
        return bool(self.step_range) or self.from_ns is not None or self.to_ns is not None

    def load(self, path: str | PathLike[str], *, operators: bool = False) -> Trace:
        """Read a trace by these rules; arguments and errors are those of `gpu_trace_analyzers.readers.load`."""
        return load(path, rules=self.rules, operators=operators)

    def summarise(self, trace: Trace, apart: Collection[str] = ()) -> Summary:
        """The figures of a trace; ``apart`` names ranges that stay by themselves, though a count is in them.

        Raises `UsageError` for a window that holds nothing, and where no range has the name of ``step_range``.
        """
        return summarise(trace, self.copies, self.window(trace), self.step_range, apart)

    def window(self, trace: Trace) -> Window | None:
        """The window on the trace's clock; None where none is asked for. Raises `UsageError` where it holds nothing."""
        if self.from_ns is None and self.to_ns is None:
            return None
        if not len(trace.work):
            raise UsageError(f"{trace.source.path}: --from and --to need device activity; this trace has none")
        first, last = int(trace.work.start_ns[0]), int(trace.work.end_ns.max())
        from_ns = index(self.from_ns or 0)
        window = Window(first + from_ns, last if self.to_ns is None else first + index(self.to_ns))
        if window.span_ns <= 0 or window.start_ns >= last:
            lasts = f"the work of {trace.source.path} lasts {duration(last - first)}"
            raise UsageError(f"--from {duration(from_ns)} leaves nothing; {lasts}")
        return window
