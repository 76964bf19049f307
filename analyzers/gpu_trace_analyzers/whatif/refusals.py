"""What cannot be answered? Each refusal is a sentence; what is not refused is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..intervals import Intervals
from ..model import KERNELS, MISSING, Engine
from ..questions.launches import launches
from ..units import duration, percent
from .by_clock import CLOCK
from .critical import critical_path
from .expected import as_expected, as_recorded, expected_plan
from .remedies.waits import late_results
from .replay import durations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..dependencies.edges import Dependencies
    from .modeled import Modeled
    from .schedule import Times
    from .window import Part

REPLAY = 0.01
"""The part of the recorded time by which the replay may miss it."""
UNKNOWN = 0.05
"""The part of the device time whose reads and writes may be unknown."""
AT_ONCE = 0.02
"""The part of the compute time in which several kernels may run at once."""
HOST = 0.1
"""The part of the predicted time in which nothing but the host may hold it up. In the model it does its own work in the
recorded order, though it may do it in another one after a change."""
COULD_SHARE = 0.01
"""The part of the time by which kernels that share the GPU may make the prediction wrong."""
UNCERTAIN = 0.1
"""The part of the gain that may be uncertain, where that is more than a hundredth of the time."""
NO_DEPENDENCIES = "there is no execution trace, which has the dependencies; record with gpu-trace run --dependencies"


def misfit(part: Part, replay_ns: int) -> str:
    """Why the model does not fit the run; empty if it does."""
    off = abs(replay_ns - part.window.ns) / max(1, part.window.ns)
    if off <= REPLAY:
        return ""
    off_by = f"the recorded time is {percent(off)} off in its replay, and at most {percent(REPLAY)} is allowed"
    return f"the model does not fit this run: {off_by}"


def not_modeled(part: Part) -> str:
    """Work that the model has no rule for; empty if there is none."""
    work = part.trace.work[part.rows]
    if all(part.trace.devices[device].kind == "cpu" for device in np.unique(work.device).tolist()):
        return "the operations ran on a CPU, which has no engines beside its cores"
    if (work.graph != MISSING).any() or _by_graphs(part):
        return "CUDA graphs ran, and the dependencies inside a graph are not in an execution trace"
    if (work.engine == Engine.COLLECTIVE).any():
        return "collectives ran, whose time depends on the other ranks"
    if _computing(part) > 1:
        return "several GPUs computed, and how they would hold each other up is not known"
    if (work.engine == Engine.UNKNOWN).any():
        return "operations of unknown kind ran"
    at_once = _at_once(part)
    if at_once > AT_ONCE:
        shared = f"several kernels ran at once for {percent(at_once)} of the compute time"
        return f"{shared}, and how they share the GPU is not known"
    return ""


def not_known(part: Part, known: Dependencies) -> str:
    """Why the dependencies say too little; empty if they say enough."""
    share = unknown_share(part, known)
    if share <= UNKNOWN:
        return ""
    unknown = f"what operations read and write is unknown for {percent(share)} of the device time"
    return f"{unknown}, and at most {percent(UNKNOWN)} is allowed"


def shared(model: Modeled) -> str:
    """Why kernels that need not wait for each other make the time uncertain; empty if none could run at once."""
    at_once_ns = model.times(replace(expected_plan(model), share=model.share)).total_ns
    saved = (as_expected(model).total_ns - at_once_ns) / max(1, model.part.window.ns)
    if saved <= COULD_SHARE:
        return ""
    return f"kernels that fill a part of the GPU could run at once, which may save {percent(saved)} more or nothing"


def uncertain(gains_ns: Sequence[int], before_ns: int) -> str:
    """Why the gain is too uncertain to be told; empty if it is not. ``gains_ns``: by each view, the expected first."""
    low_ns, high_ns = min(gains_ns), max(gains_ns)
    if (high_ns - low_ns) / 2 <= max(UNCERTAIN * gains_ns[0], 0.01 * before_ns):
        return ""
    return f"the gain is between {duration(low_ns)} and {duration(high_ns)}, which is too wide to act on"


def host_bound(times: Times, before_ns: int, excused_ns: int = 0) -> str:
    """Why what the host does itself makes a gain uncertain; empty if it does not, or nothing is gained.

    ``excused_ns``: of the time in which no operation of the critical path runs, that for which there is another reason.
    """
    path = critical_path(times)
    held_ns = times.total_ns - int((times.end_ns[path] - times.start_ns[path]).sum()) - excused_ns
    if held_ns <= HOST * times.total_ns or before_ns - times.total_ns <= 0.01 * before_ns:
        return ""
    held = f"nothing but the host holds up {percent(held_ns / times.total_ns)} of the time that is left"
    return f"{held}, and in which order it would do its own work is not known"


def read_later(model: Modeled) -> str:
    """Why it matters when the host reads results; empty if it does not, or it can read none of them later."""
    now_ns = as_expected(model).total_ns
    later_ns = min((model.times(change.plan).total_ns for change in late_results(model)), default=now_ns)
    if now_ns - later_ns <= max(UNCERTAIN * (as_recorded(model).total_ns - now_ns), 0.01 * now_ns):
        return ""
    times = f"{duration(now_ns)} if the host reads results when it does now, and {duration(later_ns)} if a step late"
    return f"the time is {times}, and whether what it launches next depends on them is not known"


def another_run(unrecorded_ns: int, modeled_ns: int) -> str:
    """Why the recorded run is not the one that was timed; empty if it is."""
    off = abs(modeled_ns - unrecorded_ns) / unrecorded_ns
    if off <= CLOCK:
        return ""
    return (
        f"the time by the clock is {percent(off)} off that of the recorded run, and at most {percent(CLOCK)} is allowed"
    )


def unknown_share(part: Part, known: Dependencies) -> float:
    """The part of the device time whose reads and writes are not known."""
    ns = durations(part)
    return float(ns[~known.known].sum() / max(1, ns.sum()))


def _computing(part: Part) -> int:
    """How many devices computed, for more than a hundredth of what the busiest did."""
    work = part.trace.work[part.rows]
    kernels = work[work.engine == Engine.COMPUTE]
    ns = np.bincount(kernels.device, kernels.end_ns - kernels.start_ns) if len(kernels) else np.zeros(1)
    return int((ns > ns.max() / 100).sum())


def _by_graphs(part: Part) -> bool:
    """Whether any operation was launched as part of a CUDA graph; some versions of Kineto do not name the graph."""
    calls = np.unique(launches(part.trace).call[part.rows])
    names = np.unique(part.trace.calls.name[calls]).tolist()
    return any("GraphLaunch" in part.trace.text(code) for code in names)


def _at_once(part: Part) -> float:
    """The part of the compute time of a device in which two kernels ran."""
    work = part.trace.work[part.rows]
    kernels = work.does(KERNELS)
    total = once = 0
    for device in np.unique(work.device).tolist():
        own = work[kernels & (work.device == device)]
        total += int((own.end_ns - own.start_ns).sum())
        once += Intervals.of(own.start_ns, own.end_ns).total_ns
    return (total - once) / max(1, once)
