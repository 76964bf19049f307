"""Which machines, or single processes on them, take longer on the host for the same work?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...units import count, duration, percent
from ..compared.own_time import MOST_ALONE, Compared
from .replayed import names, replayed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..answer import Finding
    from ..compared.own_time import Mask

LEAST = 0.1
"""of the usual time: the hosts of a machine are that much slower than those of others, and all of them are slower than
nine tenths of the others"""
LEAST_ALONE = 0.15
"""of the usual time, where it is one rank of a machine"""
_LEAST_RANKS = 2
"""of a machine, for it to be the machine rather than a process on it"""


def slow_host(of: Compared) -> Iterator[Finding]:
    """A finding for each machine, then one for each rank whose machine is not slow as a whole."""
    each = [of.job.host_of == number for number in range(len(of.job.hosts))]
    slow = [mine for mine in each if _is_slow(of, mine)]
    told = np.any(slow, axis=0) if slow else np.zeros(len(of.job.ranks), np.bool_)
    for mine in slow if len(slow) <= MOST_ALONE else [told]:
        yield _of_machine(of, mine)
    for mine in of.alone_or_together(of.host.stands_out(LEAST_ALONE) & of.recurs("host_ns") & ~told):
        found = _of_rank(of, mine)
        if found.conclusive:
            yield found


def _is_slow(of: Compared, mine: Mask) -> bool:
    known = (of.host.usual_ns > 0) & (of.recurs("host_ns") | ~mine)
    own, others = of.host.ratio[mine & known], of.host.ratio[~mine & known]
    if len(own) < _LEAST_RANKS or len(others) < _LEAST_RANKS:
        return False
    return bool(np.median(own) > (1 + LEAST) * np.median(others) and own.min() > np.quantile(others, 0.9))


def _of_machine(of: Compared, mine: Mask) -> Finding:
    """Of one machine, or of many at once."""
    usual = float(np.median(of.host.ratio[~mine & (of.host.usual_ns > 0)]))
    slower = float(np.median(of.host.ratio[mine])) / usual - 1
    cost_ns = of.saved_ns(host_ns=of.excess_ns("host_ns", mine, usual))
    machines = of.machines(mine)
    who = f"host {machines[0]}" if len(machines) == 1 else count(len(machines), "host")
    return replayed(
        of,
        mine,
        cost_ns,
        of.host.by_chance_ns,
        kind="slow_host",
        sentence=f"{who} ({names(of, mine)}) {'takes' if len(machines) == 1 else 'take'} {percent(slower)} longer than "
        "the others to launch a step",
        remedy="check the CPU frequency, power settings and other load; replace a machine that stays slow",
    )


def _of_rank(of: Compared, mine: Mask) -> Finding:
    cost_ns = of.saved_ns(host_ns=of.excess_ns("host_ns", mine))
    number = int(mine.sum())
    own_ns, usual_ns = (int(ns[mine].sum()) // (of.steps * number) for ns in (of.host.ns, of.host.usual_ns))
    return replayed(
        of,
        mine,
        cost_ns,
        of.host.by_chance_ns,
        kind="slow_host",
        sentence=f"the host code of {names(of, mine)} takes {duration(own_ns)} {of.each_step} for what takes other "
        f"ranks {duration(usual_ns)}",
        remedy="see what the process does besides training (logging, checkpoints), and which cores it runs on",
    )
