"""What is asked of a trace: by which rules it is read, what counts as copying, in which window, and what a step is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .analysis import Analysis
from .engines import default_rules
from .readers import load

if TYPE_CHECKING:
    from collections.abc import Collection
    from os import PathLike

    from .engines import EngineRules
    from .model import Engine, Trace
    from .places import Place
    from .readers import Keep


@dataclass(frozen=True, slots=True)
class Asked:
    """The same for every command and function that analyzes, so that all of them give the same figures."""

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
    whole: bool = False
    """the account is of the whole recording, not of the steady steps"""
    steps: tuple[int, int] | None = None
    """the account is of steps ``[A, B)``; None: of those that are steady"""

    @property
    def of_one_run(self) -> bool:
        """Whether it can be asked of one run alone: the times and steps of several have nothing in common."""
        asked = (self.step_range, self.from_ns, self.to_ns, self.steps)
        return any(each is not None for each in asked)

    def load(self, path: str | PathLike[str] | Place, *, operators: bool = False, keep: Keep | None = None) -> Trace:
        """Read a trace by these rules; arguments and errors are those of `gpu_trace_analyzers.readers.load`."""
        return load(path, rules=self.rules, operators=operators, keep=keep)

    def analyze(self, trace: Trace, apart: Collection[str] = ()) -> Analysis:
        """What is asked, of a trace; ``apart`` names ranges that stay by themselves, though a count is in them.

        Raises `UsageError` for a window that holds nothing.
        """
        return Analysis(
            trace,
            self.copies,
            from_ns=self.from_ns,
            to_ns=self.to_ns,
            step_range=self.step_range,
            apart=apart,
            whole=self.whole,
            steps=self.steps,
        )
