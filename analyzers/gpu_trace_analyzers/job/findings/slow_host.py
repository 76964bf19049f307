"""Which machines, or single processes on them, take longer on the host for the same work?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...units import count, duration, percent
from .replayed import names, replayed
from .whose import MOST_ALONE, alone_or_together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..answer import Finding
    from ..compared.compared_job import ComparedJob
    from ..compared.matched_job import Mask

LEAST = 0.1
"""of the usual time: the hosts of a machine are that much slower than those of others, and all of them are slower than
nine tenths of the others"""
LEAST_ALONE = 0.15
"""of the usual time, where it is one rank of a machine"""
_LEAST_RANKS = 2
"""of a machine, for it to be the machine rather than a process on it"""


def slow_host(of: ComparedJob) -> Iterator[Finding]:
    """A finding for each machine, then one for each rank whose machine is not slow as a whole."""
    each = [of.job.host_of == number for number in range(len(of.job.hosts))]
    slow = [mine for mine in each if _is_slow(of, mine)]
    told = np.any(slow, axis=0) if slow else np.zeros(len(of.job.ranks), np.bool_)
    for mine in slow if len(slow) <= MOST_ALONE else [told]:
        yield _of_machine(of, mine)
    for mine in alone_or_together(of.job, of.own.host.stands_out(LEAST_ALONE) & of.own.recurs("host_ns") & ~told):
        found = _of_rank(of, mine)
        if found.conclusive:
            yield found


def _is_slow(of: ComparedJob, mine: Mask) -> bool:
    host = of.own.host
    known = (host.usual_ns > 0) & (of.own.recurs("host_ns") | ~mine)
    own, others = host.ratio[mine & known], host.ratio[~mine & known]
    if len(own) < _LEAST_RANKS or len(others) < _LEAST_RANKS:
        return False
    return bool(np.median(own) > (1 + LEAST) * np.median(others) and own.min() > np.quantile(others, 0.9))


def _of_machine(of: ComparedJob, mine: Mask) -> Finding:
    """Of one machine, or of many at once."""
    own = of.own.host
    usual = float(np.median(own.ratio[~mine & (own.usual_ns > 0)]))
    slower = float(np.median(own.ratio[mine])) / usual - 1
    cost_ns = of.costs.saved_ns(host_ns=of.own.excess_ns("host_ns", mine, usual))
    machines = of.job.machines(mine)
    who = f"host {machines[0]}" if len(machines) == 1 else count(len(machines), "host")
    return replayed(
        of,
        mine,
        cost_ns,
        own.by_chance_ns,
        kind="slow_host",
        sentence=f"{who} ({names(of, mine)}) {'takes' if len(machines) == 1 else 'take'} {percent(slower)} longer than "
        "the others to launch a step",
        remedy="check the CPU frequency, power settings and other load; replace a machine that stays slow",
    )


def _of_rank(of: ComparedJob, mine: Mask) -> Finding:
    cost_ns = of.costs.saved_ns(host_ns=of.own.excess_ns("host_ns", mine))
    number = int(mine.sum())
    own, times = of.own.host, of.costs.steps * number
    own_ns, usual_ns = (int(ns[mine].sum()) // times for ns in (own.ns, own.usual_ns))
    return replayed(
        of,
        mine,
        cost_ns,
        own.by_chance_ns,
        kind="slow_host",
        sentence=f"the host code of {names(of, mine)} takes {duration(own_ns)} {of.costs.each_step} for what takes "
        f"other ranks {duration(usual_ns)}",
        remedy="see what the process does besides training (logging, checkpoints), and which cores it runs on",
    )
