"""How long would a part of a recording take if only its true dependencies held it back, and what has to change?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..dependencies.find import dependencies
from ..errors import UsageError
from . import refusals
from .answer import Bound, Expected, Schedule, WhatIf
from .bound import bound, busiest
from .by_clock import MODEL_ERROR, by_clock
from .carrying import held_by_needed_ns
from .critical import critical_path
from .doubts import beliefs
from .expected import as_expected, as_recorded, expected_plan
from .memory import extra_bytes, room_of
from .modeled import modeled
from .price import prices
from .recording_cost import stated_cost
from .replay import recorded_plan
from .schedule import schedule
from .sources import sources
from .window import part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..dependencies.edges import Dependencies
    from ..dependencies.execution_trace import ExecutionTrace
    from ..model import Int64, Trace
    from .doubts import Belief
    from .modeled import Modeled
    from .schedule import Times
    from .window import Part


def what_if(
    trace: Trace,
    execution: ExecutionTrace | None,
    *,
    range_name: str | None = None,
    unrecorded_ns: int | None = None,
) -> WhatIf:
    """Predict the range of that name, or the steady steps, of a trace that was read with its operators.

    ``execution``: which tensors operators read and wrote; without it there are the bound and the replay alone.
    ``unrecorded_ns``: the time of the same work by a clock, without recording, if it is known.

    Raises `UsageError` for a range that the trace does not have and for a time of the clock that is not positive,
    `TraceInconclusive` for a range without GPU work.
    """
    if unrecorded_ns is not None and unrecorded_ns <= 0:
        raise UsageError(f"unrecorded_ns={unrecorded_ns} cannot be the time of a run; give the nanoseconds of a clock")
    chosen = part(trace, range_name)
    unknown = _abstained(chosen, unrecorded_ns)
    reason = refusals.misfit(chosen, unknown.replay_ns) or refusals.not_modeled(chosen)
    if execution is None:
        return replace(unknown, reason=reason or refusals.NO_DEPENDENCIES)
    known = dependencies(trace, chosen.rows, execution)
    unknown = replace(unknown, unknown_dependency_share=refusals.unknown_share(chosen, known))
    if reason := reason or refusals.not_known(chosen, known):
        return replace(unknown, reason=reason)
    low, middle, high = _views(chosen, known, unrecorded_ns)
    ends = [low, high]
    doubt = _doubt(middle, ends) or _another_run(chosen, known, unrecorded_ns)
    if doubt:
        return replace(unknown, reason=doubt, bound=_bound(middle))
    return _answered(unknown, middle, ends)


def _views(chosen: Part, known: Dependencies, unrecorded_ns: int | None) -> list[Modeled]:
    """The lowest, the expected and the highest, within the clock where it is known."""
    found: Sequence[Belief] = beliefs(chosen, stated_cost(chosen))
    if unrecorded_ns is not None:
        found = by_clock(chosen, known, found, unrecorded_ns)
    return [modeled(chosen, known, belief) for belief in found]


def _another_run(chosen: Part, known: Dependencies, unrecorded_ns: int | None) -> str:
    """Why the clock is not of the recorded run, as the model has that without the clock; empty if it is."""
    if unrecorded_ns is None:
        return ""
    _, likely, _ = beliefs(chosen, stated_cost(chosen))
    return refusals.another_run(unrecorded_ns, as_recorded(modeled(chosen, known, likely)).total_ns)


def _doubt(model: Modeled, ends: Sequence[Modeled]) -> str:
    """Why there is no answer though the dependencies are known; empty if there is one."""
    before_ns = as_recorded(model).total_ns
    gains_ns = [as_recorded(view).total_ns - as_expected(view).total_ns for view in (model, *ends)]
    return (
        refusals.uncertain(gains_ns, before_ns)
        or refusals.host_bound(as_expected(model), before_ns, _not_of_the_hosts_choice_ns(model))
        or refusals.read_later(model)
        or refusals.shared(model)
    )


def _not_of_the_hosts_choice_ns(model: Modeled) -> int:
    """The time without a device operation for which there is another reason than the order in which the host works.

    At first the device may do what was launched before the window; then the host may have to compute what comes next.
    """
    return max(model.recorded.free_ns.values(), default=0) + held_by_needed_ns(model)


def _bound(model: Modeled) -> Bound:
    return bound(model.part, model.needs, model.recorded.duration_ns.tolist())


def _abstained(chosen: Part, unrecorded_ns: int | None) -> WhatIf:
    """What holds without dependencies."""
    engine, busiest_ns = busiest(chosen)
    replay_ns = schedule(recorded_plan(chosen)).total_ns
    return WhatIf(
        status="abstained",
        reason="",
        window=chosen.window,
        recorded_ns=chosen.window.ns,
        unrecorded_ns=unrecorded_ns,
        replay_ns=replay_ns,
        before_ns=replay_ns if unrecorded_ns is None else unrecorded_ns,
        naive_ns=busiest_ns,
        expected=None,
        bound=Bound(busiest_ns, engine, busiest_ns, 0, ()),
        unknown_dependency_share=None,
        remedies=(),
        schedule=None,
    )


def _answered(found: WhatIf, model: Modeled, ends: Sequence[Modeled]) -> WhatIf:
    """The answer, from the expected view and the two ends of what is not certain."""
    times, recorded = as_expected(model), as_recorded(model)
    extra, least = extra_bytes(model.known.contents, recorded, times), _bound(model)
    low_ns, high_ns = sorted(as_expected(end).total_ns for end in ends)
    before_ns = recorded.total_ns if found.unrecorded_ns is None else found.unrecorded_ns
    found = replace(found, status="answered", before_ns=before_ns)
    priced = prices(found, model, ends)
    return replace(
        found,
        expected=Expected(
            predicted_ns=times.total_ns,
            low_ns=max(round(min(low_ns, times.total_ns) * (1 - MODEL_ERROR)), least.predicted_ns),
            high_ns=round(max(high_ns, times.total_ns) * (1 + MODEL_ERROR)),
            extra_bytes=extra,
            in_used_memory_ns=_in_used_memory_ns(model) if extra else None,
        ),
        bound=least,
        remedies=priced.remedies,
        contention=sources(model.part, model.engine, times),
        vain=priced.vain,
        schedule=_schedule(model.part, times),
    )


def _in_used_memory_ns(model: Modeled) -> int:
    """The expected time in the memory that the recording held at once; the recorded order always fits into it."""
    recorded = as_recorded(model)
    room = room_of(model.known.contents, recorded)
    return min(model.times(replace(expected_plan(model), room=room)).total_ns, recorded.total_ns)


def _recorded(part: Part) -> tuple[Int64, Int64]:
    """When operations started and ended in the recording, in ns since the window's begin."""
    work = part.trace.work
    return part.ns(work.start_ns[part.rows]), part.ns(work.end_ns[part.rows])


def _schedule(part: Part, times: Times) -> Schedule:
    return Schedule(part.rows, *_recorded(part), times.start_ns, times.end_ns, critical_path(times))
