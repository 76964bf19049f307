"""Where did the time of a rank go, and which file, host and devices is it of?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import MISSING
from ...questions.account.amounts import amounts
from ...questions.account.headroom import beside_compute
from ...questions.account.owners import owned
from ...readers.base.shared_devices import span_ns
from ...vocabulary.losses import Owner
from .tables import Losses, Ranks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...model import Trace
    from ...readers.base.building import Strings
    from .one_rank import OneRank


def ranks_of(rank: OneRank, path: str, strings: Strings, collectives: int, kept: int) -> Ranks:
    """Its row. ``collectives`` is how many it has in its window, of which ``kept`` are kept."""
    trace = rank.trace
    began_ns, ended_ns = span_ns(trace, trace.epoch_ns or 0)
    owners = {owner: _total_ns(rank, owner) for owner in Owner}
    row = {
        "rank": rank.number,
        "world_size": _world_size(trace),
        "host": _code(strings, (process.host for process in trace.processes if process.rank == rank.number)),
        "path": strings[path],
        "device": _code(strings, (trace.devices[position].name for position in rank.devices)),
        "devices": len(rank.devices),
        "events": trace.source.events,
        "began_ns": began_ns,
        "ended_ns": ended_ns,
        "steps": len(rank.steps) if rank.steps is not None else 0,
        "warm_up_steps": rank.steady.warm_up_steps,
        "window_ns": sum(owners.values()),
        "compute_ns": owners[Owner.COMPUTE],
        "collective_ns": owners[Owner.COLLECTIVE],
        "copy_ns": owners[Owner.COPY],
        "other_ns": owners[Owner.OTHER],
        "idle_ns": owners[Owner.IDLE],
        **_copying(rank),
        "collectives": collectives,
        "collectives_kept": kept,
        "damaged": _code(strings, trace.source.damage, "; "),
    }
    return Ranks.of({name: [value] for name, value in row.items()})


def losses_of(rank: OneRank, strings: Strings) -> Losses:
    """A row for each owner, cause and device; merging adds up those of several devices."""
    losses = [amount for position in rank.devices for amount in amounts(rank.scope, position)]
    return Losses.of(
        {
            "rank": [rank.number] * len(losses),
            "owner": strings.codes(loss.owner.value for loss in losses),
            "cause": strings.codes(loss.cause for loss in losses),
            "ns": [loss.ns for loss in losses],
            "at_most_ns": [loss.at_most_ns for loss in losses],
            "count": [loss.count for loss in losses],
        }
    )


def _total_ns(rank: OneRank, owner: Owner) -> int:
    return sum(owned(rank.scope, position)[owner].total_ns for position in rank.devices)


def _copying(rank: OneRank) -> dict[str, int]:
    """How long its devices copied, and how long they computed meanwhile."""
    each = [beside_compute(rank.scope, position, rank.scope.copies_on(position)) for position in rank.devices]
    return {"copying_ns": sum(copies.ns for copies in each), "hidden_ns": sum(copies.hidden_ns for copies in each)}


def _world_size(trace: Trace) -> int:
    return max((process.world_size for process in trace.processes), default=MISSING)


def _code(strings: Strings, texts: Iterable[str], between: str = ", ") -> int:
    """The code of distinct texts as one; `MISSING` where none says anything."""
    text = between.join(dict.fromkeys(filter(None, texts)))
    return strings[text] if text else MISSING
