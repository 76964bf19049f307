"""``record``: records what a block, a function or a notebook's cell does, in the process that it runs in."""

from __future__ import annotations

import inspect
import os
import threading
from contextlib import nullcontext
from functools import wraps
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.errors import UsageError

from ..boot.contract import EXECUTION_TRACE_TOO_OLD, has_known_execution_trace
from ..nvtx_recording.environment import injection
from ..recording import request as wanted
from .block import Block
from .run import Run

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from os import PathLike
    from types import TracebackType
    from typing import TypeVar

    from gpu_trace_analyzers.job.answer import JobAnswer
    from gpu_trace_analyzers.summary import Summary
    from gpu_trace_analyzers.whatif.document import Entry

    from ..recording.request import Level

    _Function = TypeVar("_Function", bound=Callable[..., Any])

_ONLY_BEGIN = inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction
_LEVELS = ("gpu", "ops", "full")


class record:  # noqa: N801  # used as a function is
    """Record a block, or each call of a function, into a run folder: as ``gpu-trace run`` does of a whole script.

    >>> with gpu_trace.record("run") as run:                # doctest: +SKIP
    ...     train()
    >>> run.summary()                                       # doctest: +SKIP

    An exception of the block passes through unchanged, and what was recorded until then is kept.
    """

    def __init__(
        self,
        folder: str | PathLike[str] | None = None,
        *,
        level: Level | None = None,
        steps: tuple[int, int] | None = None,
        step_range: str = "",
        range_name: str = "",
        after: float = 0.0,
        duration: float = 0.0,
        events: int = 1_000_000,
        dependencies: bool = False,
        stacks: bool = True,
        force: bool = False,
    ) -> None:
        """The arguments are the options of ``gpu-trace run``. ``folder``: as ``-o`` (default: a new one).

        ``level``: ``gpu`` (default), ``ops`` or ``full``. ``steps``: the optimizer steps of the block, as in a slice,
        or its NVTX ranges called ``step_range``. ``range_name``: only inside NVTX ranges of this name, as ``--range``.
        ``after``, ``duration``: seconds. ``events``: about how many at most. ``stacks``: sample Python stacks.
        ``force``: overwrite the run in the folder.

        Raises `UsageError` for options that contradict each other; entering the block raises it where the process is
        recorded already, or the folder holds something.
        """
        if level is not None and level not in _LEVELS:
            raise UsageError(f"level {level!r} is not known; use one of {', '.join(_LEVELS)}")
        if step_range or range_name:
            _refuse_ranges(step_range, steps)
        if dependencies:
            _refuse_dependencies(level, after)
        usual: Level = "ops" if dependencies else "gpu"
        extent = wanted.Extent(steps, step_range, range_name, after_s=after, duration_s=duration, events=events)
        self._request = wanted.Request(
            wanted.Block(),
            level or usual,
            None if folder is None else Path(folder),
            force,
            extent,
            follow=False,
            dependencies=dependencies,
            stacks=stacks,
        )
        self._block: Block | None = None
        self.run = Run()
        """of the block that was entered last"""

    def __enter__(self) -> Run:
        self._block = Block(self._request)
        self.run = Run(self._block.folder.path)
        return self.run

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        block, self._block = self._block, None
        if block is not None and block.belongs_here:
            audience = _Listening()
            self.run.complete(block.end(error, audience), audience.summary)

    def __call__(self, function: _Function) -> _Function:
        """A function each call of which is recorded; from the second on into folders ``run-2``, ``run-3``, ....

        The last one is its attribute ``run``. A call while another is recorded, as of itself, belongs to that one.
        """
        if any(only_begins(function) for only_begins in _ONLY_BEGIN):
            raise UsageError(f"{function.__name__}: its call only begins it; use `with gpu_trace.record():` inside it")
        calls, under_way = [0], threading.Lock()

        @wraps(function)
        def recorded(*args: Any, **kwargs: Any) -> Any:
            if not under_way.acquire(blocking=False):
                return function(*args, **kwargs)
            try:
                calls[0] += 1
                with self._of_call(calls[0]) as run:
                    recorded.run = run  # type: ignore[attr-defined]
                    return function(*args, **kwargs)
            finally:
                under_way.release()

        return recorded  # type: ignore[return-value]  # called as the function is

    def _of_call(self, number: int) -> record:
        from dataclasses import replace

        folder = self._request.folder
        numbered = folder if folder is None or number == 1 else folder.with_name(f"{folder.name}-{number}")
        found = record()
        found._request = replace(self._request, folder=numbered)
        return found


def _refuse_ranges(step_range: str, steps: tuple[int, int] | None) -> None:
    """Raise `UsageError` for ranges of which gpu-trace cannot learn, or that would count nothing."""
    if step_range and steps is None:
        raise UsageError("step_range requires steps=(A, B)")
    if injection(os.environ)[0] is None:
        raise UsageError("range_name and step_range need the NVTX injection library; run gpu-trace doctor")


def _refuse_dependencies(level: Level | None, after_s: float) -> None:
    """Raise `UsageError` where dependencies cannot be recorded."""
    if level == "gpu":
        raise UsageError("dependencies need the operators, which level='gpu' leaves out; use level='ops' or 'full'")
    if after_s:
        raise UsageError("dependencies cannot begin in the middle of a step, as with after; leave that out")
    try:
        found = version("torch")
    except PackageNotFoundError:
        return
    if not has_known_execution_trace(found):
        raise UsageError(f"dependencies need PyTorch 2.8 or later, and {found} is here: {EXECUTION_TRACE_TOO_OLD}")


class _Listening:
    """Keeps the summary, and shows nothing."""

    def __init__(self) -> None:
        self.summary: Summary | None = None

    def saving(self) -> None:
        """The block has ended, and its recording takes long to stop and save."""

    def working(self, doing: str) -> AbstractContextManager[None]:  # noqa: ARG002  # what every audience is told
        """Something is being done."""
        return nullcontext()

    def show(self, summary: Summary, predicted: Entry | None = None) -> None:  # noqa: ARG002  # as above
        """The summary is there."""
        self.summary = summary

    def show_job(self, answer: JobAnswer) -> None:
        """Never called: a block is one process."""
