"""All that the summary of a trace says, as data. Reports show it; nothing here prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from .ahead import asked_ahead
from .domains import is_library
from .questions.account.account import account
from .questions.account.collectives import explain_collectives
from .questions.account.copies import explain_copies
from .questions.causes import causes
from .questions.collectives import collective_figures
from .questions.compute.answer import compute_answer
from .questions.compute.figures import compute_figures
from .questions.helpers import helpers
from .questions.idle import idle_causes
from .questions.memory import memory_figures
from .questions.overlap import active_devices, device_figures, pair_figures, pairs_omitted
from .questions.page_faults import page_faults
from .questions.ranges import buried_ranges, range_figures, step_figures
from .questions.ranks import rank_figures
from .questions.steady.window import steady_scope
from .questions.unmatched import Unmatched, unmatched
from .questions.unowned import Unowned, unowned

if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Source
    from .questions.account.account import Account
    from .questions.collectives import CollectiveFigures
    from .questions.compute.answer import ComputeAnswer
    from .questions.compute.figures import ComputeFigures
    from .questions.explained import CauseFigures
    from .questions.memory import MemoryFigures
    from .questions.overlap import DeviceFigures, PairFigures
    from .questions.page_faults import PageFaults
    from .questions.ranges import RangeFigures
    from .questions.ranks import RankFigures
    from .questions.scope import Scope, Window
    from .questions.work.by_range import OperationInRange
    from .questions.work.work import Work


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a trace; see each part's own class for the definitions."""

    source: Source
    devices: tuple[DeviceFigures, ...]
    """of the devices that did anything"""
    pairs: tuple[PairFigures, ...]
    ranges: tuple[RangeFigures, ...]
    exposed: tuple[CauseFigures, ...] = ()
    """why copies were exposed: of each device the causes, the longest first"""
    idle: tuple[CauseFigures, ...] = ()
    """why devices were idle: of each device the causes, the longest first"""
    steps: tuple[RangeFigures, ...] = ()
    """each step by itself"""
    collectives: tuple[CollectiveFigures, ...] = ()
    ranks: tuple[RankFigures, ...] = ()
    """of a distributed job, of the whole trace"""
    unmatched: Unmatched = field(default_factory=Unmatched)
    """launches and work, of the whole trace, that have no counterpart in it"""
    unowned: Unowned = field(default_factory=Unowned)
    """work that was launched outside every range"""
    buried: int = 0
    """ranges that lie too deep in others to own any work"""
    window: Window | None = None
    """the stretch of time that was asked for; None for the whole trace"""
    account: Account | None = None
    """where the time of each device went, in the steady window"""
    compute: tuple[ComputeFigures, ...] = ()
    """what the kernels of each GPU computed, and at which rate"""
    answers: tuple[ComputeAnswer, ...] = ()
    """the same in the steady window, of every device of the account"""
    memory: tuple[MemoryFigures, ...] = ()
    """how much memory was allocated at most, where that was recorded"""
    page_faults: tuple[PageFaults, ...] = ()
    """of unified memory, where they were recorded"""
    pairs_omitted: int = 0
    """pairs of devices that are not in ``pairs``, which has none of them where there are so many devices"""
    helpers: tuple[int, ...] = ()
    """positions of devices on which a process without a rank did next to nothing: reports count them"""

    with_libraries: bool = False
    """whether reports show the ranges of libraries too (NCCL's, cuDNN's)"""
    work: Work | None = None
    """what the work was, in the window of the account, where that is asked for"""
    by_range: tuple[OperationInRange, ...] = ()
    """operations by the range that launched them, in the same window, where summaries are compared"""

    @property
    def shown_devices(self) -> tuple[DeviceFigures, ...]:
        """What reports show of the devices."""
        return tuple(figures for figures in self.devices if figures.position not in self.helpers)

    @property
    def shown_pairs(self) -> tuple[PairFigures, ...]:
        """What reports show of the pairs of devices."""
        return tuple(pair for pair in self.pairs if not {pair.a, pair.b} & {*self.helpers})

    @property
    def shown_ranges(self) -> tuple[RangeFigures, ...]:
        """What reports show of the ranges."""
        return tuple(row for row in self.ranges if self.with_libraries or not is_library(row.domain))

    @property
    def hidden_domains(self) -> dict[str, int]:
        """How many ranges reports do not show, by domain."""
        hidden = [] if self.with_libraries else [row for row in self.ranges if is_library(row.domain)]
        names = {(row.domain, row.name): row.instances for row in hidden}  # once, on however many devices
        return {domain: sum(n for (d, _), n in names.items() if d == domain) for domain, _ in names}

    def doubts_of(self, position: int) -> str:
        """Why the figures of one device are in doubt: ``3 × begins before its launch``; empty where they are not."""
        return ", ".join(doubt.words for doubt in self.source.doubts if doubt.device == position)

    def answer_of(self, position: int) -> ComputeAnswer | None:
        """What one device computed in the steady window."""
        return next((answer for answer in self.answers if answer.device == position), None)

    def exposed_on(self, position: int) -> tuple[CauseFigures, ...]:
        """Why copies of one device were exposed."""
        return tuple(row for row in self.exposed if row.device == position)

    def idle_on(self, position: int) -> tuple[CauseFigures, ...]:
        """Why one device was idle."""
        return tuple(row for row in self.idle if row.device == position)


def summarized(
    scope: Scope,
    step_range: str | None = None,
    apart: tuple[str, ...] = (),
    *,
    whole: bool = False,
    steps: tuple[int, int] | None = None,
) -> Summary:
    """Ask all that a summary says. Raises `UsageError` where no range has the name of ``step_range``."""
    trace = scope.trace
    with asked_ahead(trace, _beside_the_account(scope, step_range, apart, whole, steps)):
        of_steady = account(scope, whole, steps, step_range)
        inside = steady_scope(scope, whole, steps, step_range)
        return Summary(
            source=trace.source,
            devices=tuple(device_figures(scope, device) for device in active_devices(trace)),
            pairs=pair_figures(scope),
            pairs_omitted=pairs_omitted(scope),
            helpers=helpers(trace),
            ranges=range_figures(scope, apart),
            exposed=causes(scope),
            idle=idle_causes(scope),
            steps=step_figures(scope, step_range),
            collectives=collective_figures(scope),
            ranks=rank_figures(trace),
            unmatched=unmatched(trace),
            unowned=unowned(scope),
            buried=buried_ranges(scope),
            window=scope.window,
            account=of_steady,
            compute=tuple(row for device in active_devices(trace) for row in compute_figures(scope, device)),
            memory=memory_figures(scope),
            page_faults=page_faults(scope),
            answers=tuple(compute_answer(inside, each) for each in of_steady.devices),
        )


def _beside_the_account(
    scope: Scope, step_range: str | None, apart: tuple[str, ...], whole: bool, steps: tuple[int, int] | None
) -> tuple[Callable[[], object], ...]:
    """What takes long and is asked before, during or after the account, which takes half of the time."""
    devices = active_devices(scope.trace)

    def of_steady(question: Callable[[Scope, int], object]) -> None:
        for device in devices:
            question(steady_scope(scope, whole, steps, step_range), device)

    return (
        partial(idle_causes, scope),
        partial(of_steady, explain_collectives),
        partial(of_steady, explain_copies),
        partial(range_figures, scope, apart),
        partial(causes, scope),
        *(partial(compute_figures, scope, device) for device in devices),
        *(partial(device_figures, scope, device) for device in devices),
        partial(unmatched, scope.trace),
        partial(unowned, scope),
        partial(of_steady, compute_figures),
    )
