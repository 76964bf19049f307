"""Which process groups transfer much slower than others of their kind?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...model import MISSING
from ...units import duration
from ..answer import Finding
from ..compared.rank_ranges import ranges_of, ranks_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...model import Int64
    from ..compared.compared_job import ComparedJob

LEAST = 1.5
"""times the usual transfer"""
MOSTLY = 0.75
"""of a group's collectives: so many of them are slower than usual by half of that"""
LEAST_SHARE = 0.01
"""of the job: a group that transfers so much longer is named even if all of that is hidden now"""
_LEAST_COMPARED = 4
"""collectives of a group"""


def transfer(of: ComparedJob) -> Iterator[Finding]:
    """A finding for each group; of groups whose ranks all are known, and of which there are several of a kind."""
    meetings, kept = of.job.meetings, of.job.kept
    if not len(meetings):
        return
    group = kept.collectives.group[meetings.rows[meetings.first]]
    for code in np.unique(group[of.alike.transfers.compared]).tolist():
        usual_ns = of.alike.transfers.median_of_others(of.alike.transfer_ns, group == code)
        rows = np.flatnonzero((group == code) & (usual_ns != MISSING))
        ns = of.alike.transfer_ns
        if len(rows) >= _LEAST_COMPARED and _is_slow(ns[rows], usual_ns[rows]):
            found = _finding(of, code, rows, ns, usual_ns)
            extra_ns = int((ns[rows] - usual_ns[rows]).sum())
            if found.conclusive or extra_ns >= LEAST_SHARE * of.replay.recorded_ns:
                yield found


def _is_slow(ns: Int64, usual_ns: Int64) -> bool:
    mostly = (ns > (1 + LEAST) / 2 * usual_ns).sum() >= MOSTLY * len(ns)
    return bool(mostly and ns.sum() > LEAST * usual_ns.sum())


def _finding(of: ComparedJob, code: int, rows: Int64, ns: Int64, usual_ns: Int64) -> Finding:
    less_ns = np.zeros(len(ns), np.int64)
    less_ns[rows] = np.maximum(ns[rows] - usual_ns[rows], 0)
    cost_ns = of.costs.saved_ns(transfer_ns=less_ns)
    error_ns = of.costs.error_ns(cost_ns)
    ranks = of.alike.groups.members[code]
    return Finding(
        kind="transfer",
        ranks=ranges_of(ranks),
        host=of.job.host_name(np.isin(of.job.ranks, ranks)),
        cost_ns=cost_ns,
        error_ns=error_ns,
        sentence=f"the group of {ranks_text(ranges_of(ranks))} transfers for {duration(int(ns[rows].sum()))} what "
        f"takes others of its kind {duration(int(usual_ns[rows].sum()))}",
        remedy="check its links (nvidia-smi nvlink -s, ibstat) and what NCCL chose (NCCL_DEBUG=INFO)",
        conclusive=cost_ns > error_ns and of.job.hosts_named(np.isin(of.job.ranks, ranks)),
    )
