"""Why was each collective exposed?

Where other ranks were recorded: because a rank came late, or because the transfer took its time. Else by the rules for
copies, as far as they hold for collectives; whether the collective waited for a rank is then not known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...intervals import Intervals
from ...model import MISSING, Engine
from ...vocabulary.losses import Owner
from ..alone import alone
from ..causes import CPU_COPY_RULES, EXPOSED_COPY_RULES
from ..cuts import START_UP_NS, cut_at_launch, launched_long_before
from ..evidence import Fact, work_name
from ..explained import Rule, explained_by
from ..host_waits import waited_for_event
from ..matched import SEVERAL, arrivals
from ..once import once
from ..overlap import COLLECTIVE, COMPUTE
from ..recorded import windows_of
from ..streams import in_one_stream
from ..stretches import Stretches, around, pick, witness
from .headroom import beside_compute
from .order import earlier_ns, launched_behind
from .owners import owned
from .pieces import clipped, cut_at
from .waited import waited_ns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Int64
    from ..explained import Explained
    from ..scope import Scope

MOSTLY = 0.8
"""of a time: from this share on it is told by one rank or one cause alone"""


@once
def explain_collectives(scope: Scope, position: int) -> Explained:
    """Each stretch in which a collective was exposed, with its cause and how long anything waited for it.

    A stretch belongs to one collective: where several run at once, to the one that began first. It is cut where the
    last rank came to that collective.
    """
    trace = scope.trace
    rows = np.flatnonzero((trace.work.device == position) & (trace.work.engine == Engine.COLLECTIVE))
    rows, start_ns, end_ns = alone(trace.work, rows)
    nothing = np.full(len(rows), MISSING)
    each = clipped(
        Stretches(trace, position, start_ns, end_ns, rows, nothing, nothing), owned(scope, position)[Owner.COLLECTIVE]
    )
    last_ns = np.unique(pick(arrivals(trace).last_ns, each.during))
    stretches = _with_neighbors(cut_at(each, last_ns[last_ns != MISSING]))
    rules = _rules(stretches)
    found = explained_by(stretches, rules)
    cut = cut_at_launch(stretches, found.have("launched_late") & launched_long_before(stretches))
    found = found if cut is stretches else explained_by(cut, rules)
    return replace(found, saves_ns=_saved_ns(found))


def _saved_ns(found: Explained) -> Int64:
    """How long anything waited for each; launching one ahead of other compute saves at most what that is earlier."""
    waited = waited_ns(found.stretches)
    return np.where(found.have("order"), np.minimum(waited, earlier_ns(found.stretches)), waited)


def collective_headroom_ns(scope: Scope, position: int) -> int:
    """What overlap with compute could save at most: the shorter of exposed collectives and compute without any."""
    return beside_compute(scope, position, COLLECTIVE).headroom_ns


def _with_neighbors(stretches: Stretches) -> Stretches:
    """The same, with the compute of the device before and after each."""
    trace, position = stretches.trace, stretches.device
    computing = np.flatnonzero((trace.work.device == position) & trace.work.does(COMPUTE))
    before, after = around(trace, computing, stretches.start_ns, stretches.end_ns, windows_of(trace, position))
    return replace(stretches, before=before, after=after)


def _rules(stretches: Stretches) -> tuple[Rule, ...]:
    on_gpu = stretches.trace.devices[stretches.device].kind == "gpu"
    awaited = _awaited(stretches)
    waiting = replace(WAITING_FOR_RANK, title=_waiting_title(stretches, awaited))
    transfer = replace(TRANSFER, title=_transfer_title(stretches))
    return (waiting, transfer, *(ONE_RANK_RULES if on_gpu else ONE_RANK_CPU_RULES))


def _waiting_title(stretches: Stretches, awaited: Int64) -> str:
    """``waiting for rank 1``, or ``waiting for other ranks`` where it is not mostly one."""
    waited = awaited != MISSING
    ranks, which = np.unique(awaited[waited], return_inverse=True)
    ns = np.zeros(len(ranks), dtype=np.int64)
    np.add.at(ns, which.reshape(-1), stretches.ns[waited])
    if len(ranks) and ns.max() >= MOSTLY * ns.sum() and ranks[ns.argmax()] != SEVERAL:
        return f"waiting for rank {ranks[ns.argmax()]}"
    return WAITING_FOR_RANK.title


def _transfer_title(stretches: Stretches) -> str:
    """``transfer between ranks``; between the recorded ones, where it is not stated that these are all."""
    rows = _transferring(stretches)
    stated = arrivals(stretches.trace).stated[rows[rows != MISSING]].all()
    return TRANSFER.title if stated else "transfer between the recorded ranks"


def _held_back(stretches: Stretches) -> Int64:
    """The next compute, where it was queued on another stream and began as soon as these collectives had ended.

    Nothing but an event holds an operation whose stream has nothing before it. The call that made the stream wait may
    be of another thread (autograd's), or not recorded.
    """
    work, after = stretches.trace.work, stretches.after
    launch_ns, rows = stretches.launch_ns(after), np.flatnonzero(work.engine == Engine.COLLECTIVE)
    rows = rows[work.device[rows] == stretches.device]
    # Collectives that follow each other within the time that a start takes hold it back together.
    chains = Intervals.of(work.start_ns[rows], work.end_ns[rows] + START_UP_NS)
    chain = np.searchsorted(chains.start_ns, stretches.start_ns, side="right") - 1
    last_end_ns = chains.end_ns[np.maximum(chain, 0)] - START_UP_NS
    begin_ns = pick(work.start_ns, after)
    queued = (launch_ns != MISSING) & (launch_ns <= stretches.start_ns) & (last_end_ns - launch_ns > START_UP_NS)
    at_once = (begin_ns >= last_end_ns) & (begin_ns <= last_end_ns + START_UP_NS)
    return witness(np.asarray(queued & at_once & ~in_one_stream(work, after, stretches.during)), after)


def _waited(stretches: Stretches) -> Int64:
    """The next compute, where it waited on an event: by the call just before its launch, or by how it began."""
    told = waited_for_event(stretches, "after") != MISSING
    return np.where(told, stretches.after, _held_back(stretches))


def _waited_fact(stretches: Stretches, i: int, row: int) -> Fact:
    name = work_name(stretches.trace, row)
    if waited_for_event(stretches, "after")[i] != MISSING:
        return Fact(f"the stream of {name} waited on an event first")
    return Fact(f"{name} was queued on another stream, and began when they had ended")


# The rules ----------------------------------------------------------------------------------------------------------


@once
def _awaited(stretches: Stretches) -> Int64:
    """The rank that came last to the collective, where the stretch lies before that rank came."""
    last = arrivals(stretches.trace)
    return witness(stretches.end_ns <= pick(last.last_ns, stretches.during), pick(last.last_rank, stretches.during))


def _awaited_fact(stretches: Stretches, i: int, rank: int) -> Fact:
    late_ns = int(arrivals(stretches.trace).last_ns[stretches.during[i]] - stretches.start_ns[i])
    return Fact(f"{'the others' if rank == SEVERAL else f'rank {rank}'} came to it", late_ns, then="later")


def _transferring(stretches: Stretches) -> Int64:
    """The collective, where all of its ranks had come to it."""
    last, during = arrivals(stretches.trace), stretches.during
    if not len(last.whole):
        return np.full(len(stretches), MISSING)
    last_ns = pick(last.last_ns, during)
    return witness((last_ns != MISSING) & last.whole[during] & (stretches.start_ns >= last_ns), during)


def _transferring_fact(stretches: Stretches, _i: int, row: int) -> Fact:
    stated = arrivals(stretches.trace).stated[row]
    return Fact("all ranks had come to it" if stated else "all recorded ranks had come to it")


def _of_copies(cause: str, remedy: str, table: Sequence[Rule] = EXPOSED_COPY_RULES) -> Rule:
    """The rule for exposed copies of that cause, with what helps a collective."""
    rule = next(rule for rule in table if rule.cause == cause)
    return replace(rule, remedy=remedy)


WAITING_FOR_RANK = Rule(
    cause="waiting_for_rank",
    title="waiting for other ranks",
    remedy="speed up the rank that comes last (its own losses name the cause), or balance the work of the ranks",
    find=_awaited,
    fact=_awaited_fact,
    saves_whole_operation=True,
)
TRANSFER = Rule(
    cause="transfer",
    title="transfer between ranks",
    remedy="start it earlier, beside compute (smaller buckets, prefetch), or send fewer bytes (bfloat16)",
    find=_transferring,
    fact=_transferring_fact,
)
ONE_RANK_RULES: tuple[Rule, ...] = (
    _of_copies(
        "host_synchronized", "launch the next kernels first; wait for the collective where its result is needed"
    ),
    _of_copies("host_allocated", "allocate once, before the loop; no empty_cache() between steps"),
    _of_copies("same_stream", "run it on a stream of its own (async_op=True), and wait where its result is needed"),
    _of_copies("no_compute_left", "start it earlier (smaller buckets), or queue the next step's kernels"),
    Rule(
        cause="order",
        title="launched behind compute that it does not depend on",
        remedy="launch the collective first, then the kernels that do not need its result",
        find=launched_behind,
        fact=lambda stretches, _i, row: Fact(f"{work_name(stretches.trace, row)} was launched first, not waited for"),
    ),
    Rule(
        cause="compute_waited",
        title="next kernel waited on an event",
        remedy="start it earlier (smaller buckets, prefetch), so that kernels run beside it",
        find=_waited,
        fact=_waited_fact,
    ),
    _of_copies("launched_late", "launch ahead (fewer, larger operations; CUDA graphs; torch.compile)"),
)
"""Where no other rank was recorded, in the order in which they are asked."""

ONE_RANK_CPU_RULES: tuple[Rule, ...] = (
    _of_copies("same_stream", "start it in the background (async_op=True) and continue computing", CPU_COPY_RULES),
    _of_copies(
        "no_compute_left", "start it earlier (smaller buckets), or compute other data during it", CPU_COPY_RULES
    ),
)
"""The same for a CPU device."""
