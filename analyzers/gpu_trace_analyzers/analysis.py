"""Every question of one trace, each answered once: what reports, exports, checks and the Python interface share."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from operator import index
from typing import TYPE_CHECKING

from .errors import UsageError
from .model import Trace
from .questions.account.account import account
from .questions.account.causes import causes_of
from .questions.account.in_time import in_time
from .questions.causes import causes, explain
from .questions.collectives import collective_figures
from .questions.compute.figures import compute_figures
from .questions.idle import explain_idle, idle_causes
from .questions.idle_stacks import idle_stacks
from .questions.issued import launch_order
from .questions.launches import launches
from .questions.memory import memory_figures
from .questions.overlap import active_devices, device_figures, pair_figures
from .questions.page_faults import page_faults
from .questions.ranges import range_figures, step_figures
from .questions.ranks import rank_figures
from .questions.scope import Scope, Window
from .questions.steady.host import host_window
from .questions.steady.window import steady_scope
from .questions.unmatched import unmatched
from .questions.unowned import unowned
from .questions.work.by_range import operations_by_range
from .questions.work.launch_statistics import launch_statistics
from .questions.work.operations import operations
from .questions.work.operators import operator_figures
from .questions.work.range_times import range_times
from .questions.work.steps import step_lengths
from .questions.work.transfers import transfers
from .questions.work.work import work
from .readers import load
from .summary import summarized
from .units import duration

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from os import PathLike

    from .model import Engine
    from .questions.account.account import Account
    from .questions.account.in_time import InTime
    from .questions.collectives import CollectiveFigures
    from .questions.compute.figures import ComputeFigures
    from .questions.explained import CauseFigures, Explained, Rule
    from .questions.idle_stacks import IdleStacks
    from .questions.issued import LaunchOrder
    from .questions.launches import Launches
    from .questions.memory import MemoryFigures
    from .questions.overlap import DeviceFigures, PairFigures
    from .questions.page_faults import PageFaults
    from .questions.ranges import RangeFigures
    from .questions.ranks import RankFigures
    from .questions.steady.host import HostWindow
    from .questions.unmatched import Unmatched
    from .questions.unowned import Unowned
    from .questions.work.by_range import OperationInRange
    from .questions.work.launch_statistics import LaunchStatistics
    from .questions.work.operations import OperationFigures
    from .questions.work.operators import OperatorFigures
    from .questions.work.range_times import RangeTimes
    from .questions.work.steps import StepLength
    from .questions.work.transfers import TransferFigures
    from .questions.work.work import Work
    from .summary import Summary
    from .vocabulary.losses import Owner


class Analysis:
    """The questions of one trace. A question is answered when it is first asked, and its answer kept.

    Properties are of the whole trace, methods of one device, by its position in ``trace.devices``. Answers are frozen,
    and shared: do not change their arrays. Times are integers in ns, on the clock of the trace.
    """

    def __init__(
        self,
        trace: Trace | str | PathLike[str],
        copies: Collection[Engine] | None = None,
        *,
        from_ns: int | None = None,
        to_ns: int | None = None,
        step_range: str | None = None,
        apart: Collection[str] = (),
        whole: bool = False,
        steps: tuple[int, int] | None = None,
    ) -> None:
        """Ask of a trace, or of the trace in a file or folder, which is read with the built-in rules.

        ``copies``: the engines that count as copying (default: by kind of device). ``from_ns``, ``to_ns``: the window
        that counts, in ns after the first operation of any device (default: of each device its own span).
        ``step_range``: the range that is a step (default: ``ProfilerStep#n``). ``apart``: names of ranges that stay
        ranges of their own although a number is in them. ``whole`` and ``steps`` are of the account alone: without them
        it speaks of the steady steps, with ``whole`` of all, with ``steps`` of the steps ``[A, B)``.

        Raises `UsageError` for a window that holds nothing, and the errors of `gpu_trace_analyzers.readers.load`.
        """
        self.trace = trace if isinstance(trace, Trace) else load(trace)
        window = _window(self.trace, from_ns, to_ns)
        self.scope = Scope(self.trace, None if copies is None else tuple(copies), window)
        self.step_range = step_range
        self.apart = tuple(apart)
        self.whole, self.asked_steps = whole, steps

    @property
    def window(self) -> Window | None:
        """The window that counts, on the trace's clock; None where none was asked for."""
        return self.scope.window

    @property
    def devices(self) -> tuple[int, ...]:
        """Positions of the devices that did anything."""
        return active_devices(self.trace)

    @property
    def account(self) -> Account:
        """Where did the time of each device go, and what comes first? Of the steady window."""
        return account(self.scope, self.whole, self.asked_steps, self.step_range)

    def account_in_time(self, device: int) -> InTime:
        """Who had a device when? The stretches of its account. Raises ``ValueError`` as `figures_of` does."""
        return in_time(self._steady_scope, device)

    @property
    def figures(self) -> tuple[DeviceFigures, ...]:
        """Was the copying of each device hidden behind its computing?"""
        return tuple(self.figures_of(device) for device in self.devices)

    def figures_of(self, device: int) -> DeviceFigures:
        """The same of one device. Raises ``ValueError`` for one that did nothing, where no window was asked for."""
        return device_figures(self.scope, device)

    @property
    def pairs(self) -> tuple[PairFigures, ...]:
        """How long was each pair of devices busy at once?"""
        return pair_figures(self.scope)

    @property
    def exposed_copies(self) -> tuple[CauseFigures, ...]:
        """Why were copies exposed? A row per device and cause; they add up to the exposed copy time exactly."""
        return causes(self.scope)

    def exposed_copies_of(self, device: int, rules: Sequence[Rule] | None = None) -> Explained:
        """Each stretch of exposed copy on one device, with its cause by ``rules`` (default: those of its kind).

        Give the same rules each time, as a constant: the answer is kept for each.
        """
        return explain(self.scope, device, None if rules is None else tuple(rules))

    @property
    def idle(self) -> tuple[CauseFigures, ...]:
        """Why were devices idle? A row per device and cause; they add up to the idle time exactly."""
        return idle_causes(self.scope)

    def idle_of(self, device: int, rules: Sequence[Rule] | None = None) -> Explained:
        """Each stretch of idle time of one device, with its cause by ``rules``, as for `exposed_copies_of`."""
        return explain_idle(self.scope, device, None if rules is None else tuple(rules))

    def account_of(self, device: int) -> Mapping[Owner, Explained]:
        """Each stretch of the account in which one device did not compute, by what it did, with its cause."""
        return causes_of(self._steady_scope, device)

    @property
    def launches(self) -> Launches:
        """Where was each operation launched?"""
        return launches(self.trace)

    @property
    def launch_order(self) -> LaunchOrder:
        """In which order did each host thread launch, and so, what was launched inside each range?"""
        return launch_order(self.trace)

    @property
    def ranges(self) -> tuple[RangeFigures, ...]:
        """What did each device do for each named range?"""
        return range_figures(self.scope, self.apart)

    @property
    def steps(self) -> tuple[RangeFigures, ...]:
        """The same of each step. Raises `UsageError` where no range has the name of ``step_range``."""
        return step_figures(self.scope, self.step_range)

    @property
    def unowned(self) -> Unowned:
        """What was launched outside every range?"""
        return unowned(self.scope)

    @property
    def unmatched(self) -> Unmatched:
        """Which launches have no operation in the trace, and which operations no launch? Of the whole trace."""
        return unmatched(self.trace)

    def compute_of(self, device: int) -> tuple[ComputeFigures, ...]:
        """What did the kernels of one GPU compute, in which precision, and at which rate? Nothing of a CPU."""
        return compute_figures(self.scope, device)

    @property
    def memory(self) -> tuple[MemoryFigures, ...]:
        """How much memory was allocated at most, and by what? Empty where it was not recorded."""
        return memory_figures(self.scope)

    @property
    def page_faults(self) -> tuple[PageFaults, ...]:
        """How many page faults of unified memory were there? Empty where none were recorded."""
        return page_faults(self.scope)

    @property
    def collectives(self) -> tuple[CollectiveFigures, ...]:
        """How much of each collective was hidden behind compute?"""
        return collective_figures(self.scope)

    @property
    def ranks(self) -> tuple[RankFigures, ...]:
        """Which rank do the others wait for? Of the whole trace."""
        return rank_figures(self.trace)

    @property
    def work(self) -> Work:
        """What was the work, in the window of the account? All that follows, until the summary."""
        return work(self.scope, self.whole, self.asked_steps, self.step_range)

    @property
    def operations(self) -> tuple[OperationFigures, ...]:
        """Which operations did each device spend its time in?"""
        return operations(self._steady_scope)

    @property
    def operations_by_range(self) -> tuple[OperationInRange, ...]:
        """The same for each range that launched them."""
        return operations_by_range(self.scope, self._steady_scope)

    @property
    def operators(self) -> tuple[OperatorFigures, ...]:
        """Which operators took the host's time? Needs a trace that was read with its operators."""
        return operator_figures(self.scope, self._host_window)

    @property
    def range_times(self) -> tuple[RangeTimes, ...]:
        """How long did the host take for each named range?"""
        return range_times(self.scope, self._host_window)

    @property
    def step_lengths(self) -> tuple[StepLength, ...]:
        """How long was each step of the recording, and what did a device lose most in it?"""
        return step_lengths(self.scope, self._steady_scope, self.whole, self.asked_steps, self.step_range)

    @property
    def launch_statistics(self) -> tuple[LaunchStatistics, ...]:
        """How fast did the host launch on each device, and how far was it ahead?"""
        return launch_statistics(self.scope, self._host_window)

    @property
    def transfers(self) -> tuple[TransferFigures, ...]:
        """How many bytes did each device copy, in which direction and size class, and how fast?"""
        return transfers(self._steady_scope)

    @property
    def idle_stacks(self) -> tuple[IdleStacks, ...]:
        """What did the host execute while each device was idle, in the window of the account? Empty without samples."""
        return idle_stacks(self._steady_scope)

    @property
    def to_compare(self) -> Summary:
        """The summary with what only comparisons need of it."""
        return replace(self.summary, by_range=self.operations_by_range)

    @property
    def _steady_scope(self) -> Scope:
        return steady_scope(self.scope, self.whole, self.asked_steps, self.step_range)

    @property
    def _host_window(self) -> HostWindow:
        return host_window(self.scope, self.whole, self.asked_steps, self.step_range)

    @cached_property
    def summary(self) -> Summary:
        """All that reports show. Raises `UsageError` where no range has the name of ``step_range``."""
        return summarized(self.scope, self.step_range, self.apart, whole=self.whole, steps=self.asked_steps)


def _window(trace: Trace, from_ns: int | None, to_ns: int | None) -> Window | None:
    """The window on the trace's clock; None where none is asked for. Raises `UsageError` where it holds nothing."""
    if from_ns is None and to_ns is None:
        return None
    if not len(trace.work):
        raise UsageError(f"{trace.source.path}: --from and --to need device activity; this trace has none")
    first, last = int(trace.work.start_ns[0]), int(trace.work.end_ns.max())
    since_ns = index(from_ns or 0)
    window = Window(first + since_ns, last if to_ns is None else first + index(to_ns))
    if window.span_ns <= 0 or window.start_ns >= last:
        lasts = f"the work of {trace.source.path} lasts {duration(last - first)}"
        raise UsageError(f"--from {duration(since_ns)} leaves nothing; {lasts}")
    return window
