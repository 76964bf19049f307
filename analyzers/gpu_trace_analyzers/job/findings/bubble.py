"""For how long do the stages of a pipeline wait for one another?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...units import duration, share
from ..answer import Finding
from ..compared.rank_ranges import ranks_text
from ..compared.stages import stages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..compared.compared_job import ComparedJob

LEAST_SHARE = 0.05
"""of a step"""


def bubble(of: ComparedJob) -> Iterator[Finding]:
    """One finding: all stages wait at least as long as the one that waits least, which is what it costs."""
    found = stages(of.alike)
    if len(found) < 2:
        return
    least, most = (pick(found, key=lambda stage: stage.bubble_ns) for pick in (min, max))
    if least.bubble_ns < LEAST_SHARE * least.window_ns:
        return
    yield Finding(
        kind="bubble",
        ranks=most.ranks,
        host="",
        cost_ns=least.bubble_ns * of.costs.steps,
        error_ns=of.costs.clock_error_ns,
        sentence=f"stage {most.stage} ({ranks_text(most.ranks)}) has nothing to compute for {duration(most.bubble_ns)} "
        f"of a step, {share(most.bubble_ns, most.window_ns)}; each stage for {duration(least.bubble_ns)} or more",
        remedy="split a batch into more pieces, or interleave stages (Schedule1F1B, ScheduleInterleaved1F1B)",
    )
