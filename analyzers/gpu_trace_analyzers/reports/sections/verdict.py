"""The first line of a device and of a job: where its time went, and what ending that could save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...questions.account.first import LEAST_SHARE, first_of
from ...units import count, duration, share
from ...vocabulary.losses import Owner
from ..owner_names import OWNER_NAMES
from ..parts import Verdict
from . import cpu
from .compute import compute_lines, computed
from .device import collective_lines
from .overlap import overlap_line
from .places import at_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...questions.account.first import First
    from ...questions.account.losses import DeviceAccount, Loss
    from ...questions.compute.answer import ComputeAnswer
    from ...questions.overlap import DeviceFigures
    from ...questions.steady.window import Steady, StepKind
    from ...summary import Summary

_KINDS_SHOWN = 3


def device_verdict(
    figures: DeviceFigures,
    summary: Summary,
    of_compute: Callable[[ComputeAnswer | None], list[str]] = compute_lines,
) -> Verdict:
    """The first line of a device; right below it the overlap of its copies, and of its collectives.

    ``of_compute`` follows where that it computed comes first.
    """
    account, overlap = summary.account, overlap_of(figures, summary)
    of_device = account.of(figures.position) if account else None
    if account is None or of_device is None:
        return Verdict(overlap, tuple(collective_lines(figures)))
    first, answer = first_of(of_device), summary.answer_of(figures.position)
    said = verdict(first, account.steady, computed(answer))
    compute = [] if first.losses else of_compute(answer)
    return Verdict(said, (overlap, *collective_lines(figures), *compute))


def overlap_of(figures: DeviceFigures, summary: Summary) -> str:
    """The overlap of the copies of a device, with the causes that the account has for the rest, if there is one."""
    account = summary.account.of(figures.position) if summary.account else None
    copies = sorted(account.loss(Owner.COPY), key=lambda loss: -loss.ns) if account else ()
    return overlap_line(figures, copies or summary.exposed_on(figures.position))


def verdict(first: First, steady: Steady, what: str = "") -> str:
    """Where the time of one device went, in one sentence, without its name. ``what`` it computed comes after that."""
    account = first.account
    if not account.window_ns:
        return "no time to account for"
    said = _computed(first, steady, what) if _computes(first) else _lost(first, steady)
    return "; ".join(filter(None, (*said, cpu.turns(account))))


def _computes(first: First) -> bool:
    """Whether that a device computed comes first: it lost little, or it is a CPU and its largest losses have no cause.

    A CPU that computes for most of the time is told by its operators then.
    """
    unknown = first.account.operators and not any(loss.explained for loss in first.losses)
    return not first.losses or bool(unknown and 2 * first.account.compute_ns > first.account.window_ns)


def _lost(first: First, steady: Steady) -> list[str]:
    places = zip(first.losses, (f" of {extent(steady)}", ""), strict=False)
    return [f"{_spent(loss, first.account)}{of}{mostly_in(loss, steady)}: {_why(loss)}" for loss, of in places]


def _computed(first: First, steady: Steady, what: str) -> list[str]:
    """That it computed, and the largest loss if that is worth a line."""
    account = first.account
    least_ns = LEAST_SHARE * account.window_ns
    largest = max((loss for loss in account.losses if loss.ns >= least_ns), key=lambda loss: loss.ns, default=None)
    spent = f"computed for {share(account.compute_ns, account.window_ns)} of {extent(steady)}"
    spent += f": {what}" if what else cpu.operators(account)
    if largest is None:
        return [spent]
    return [spent, f"{_spent(largest, account)}{mostly_in(largest, steady)}: {cause_of(largest)}"]


def _spent(loss: Loss, account: DeviceAccount) -> str:
    within = "" if loss.owner is Owner.IDLE else "in "
    return f"{within}{OWNER_NAMES[loss.owner]} for {share(loss.ns, account.window_ns)}"


def _why(loss: Loss) -> str:
    return cause_of(loss) + _saving(loss)


def cause_of(loss: Loss) -> str:
    """``waiting for the next batch at loader.py:34 in Images.__getitem__``."""
    unseen = loss.cause == "unknown" and loss.owner is not Owner.OTHER
    return ("cause not seen" if unseen else loss.title) + at_lines(loss.lines)


def _saving(loss: Loss) -> str:
    once = "once" if loss.count == 1 else ""
    said = ", ".join(filter(None, (once, saves(loss) if loss.explained else "")))
    return f" ({said})" if said else ""


def saves(loss: Loss) -> str:
    """What its fix saves: as predicted from the dependencies, else the most that it could."""
    if loss.about_ns is None or loss.error_ns is None:
        return f"fix saves up to {duration(loss.at_most_ns)}"
    if not loss.about_ns:
        return "fix saves nothing"
    return f"fix saves about {duration(loss.about_ns)} ±{duration(loss.error_ns)}"


def mostly_in(loss: Loss, steady: Steady) -> str:
    """``, mostly in steps with evaluate``: the kind of step that holds most of a loss, if words tell it from others.

    The kind that takes most of the time says something only by the name of a range.
    """
    kind = loss.mostly
    if kind is None:
        return ""
    if kind.steps == 1:
        return f", mostly in step {count(kind.first_step)}"
    alike = [_which(other) for other in steady.kinds].count(_which(kind)) > 1
    usual = not kind.name and kind == steady.kinds[0]
    return "" if alike or usual else f", mostly in steps {_which(kind)}"


def extent(steady: Steady) -> str:
    """What the account speaks of: ``steps 3 to 39``, ``the time``."""
    if steady.first_step is None or steady.last_step is None:
        return "the window" if steady.found_by == "asked" else "the time"
    if steady.first_step == steady.last_step:
        return f"step {steady.first_step}"
    return f"steps {count(steady.first_step)} to {count(steady.last_step)}"


def window_line(summary: Summary, *, with_tables: bool = True) -> str:
    """What the account speaks of, and what it leaves out; empty where the summary has no account.

    ``with_tables`` of ranges and engines: whether the report has these.
    """
    if summary.account is None:
        return ""
    steady = summary.account.steady
    said = [_of_what(steady), _left_out(steady)]
    if steady.found_by == "steps":
        said = [f"verdict of {said[0]}", said[1], _tables(summary) if with_tables else "overlap of the whole recording"]
    return ("no steps found: " if steady.none_found else "") + "; ".join(filter(None, said))


def _tables(summary: Summary) -> str:
    named = " unless they name steps" if summary.work else ""
    return f"tables of the whole recording{named}"


def _of_what(steady: Steady) -> str:
    if steady.first_step is not None:
        return f"{extent(steady)} of {steady.steps or 'the launch sequence'}"
    if steady.found_by == "asked":
        return "the window of --from and --to"
    return "the whole recording" if steady.window is None else "the recording"


def _left_out(steady: Steady) -> str:
    if not steady.left_out_ns:
        return ""
    parts = [count(steady.warm_up_steps, "warm-up step")] if steady.warm_up_steps else []
    parts += ["the wait for the last profiler to start"] if steady.after_profilers_ns else []
    including = f", with {' and '.join(parts)}" if parts else ""
    hint = "" if steady.found_by == "asked" else " (--whole shows all)"
    return f"{duration(steady.left_out_ns)} left out{including}{hint}"


def kinds_line(summary: Summary) -> str:
    """The kinds of steps in the window, and its slowest step; empty where all steps are alike."""
    steady = summary.account.steady if summary.account else None
    said = []
    if steady and len(steady.kinds) > 1:
        total_ns = sum(kind.ns for kind in steady.kinds)
        shown = [
            f"{share(kind.ns, total_ns)} in {count(kind.steps, 'step')} {_which(kind)}"
            for kind in steady.kinds[:_KINDS_SHOWN]
        ]
        said.append(f"{count(len(steady.kinds), 'kind')} of steps: {', '.join(shown)}")
    if steady and steady.slow:
        slowest = steady.slow[0]
        said.append(f"slowest step {slowest.number}, {duration(slowest.ns)} (usually {duration(slowest.usual_ns)})")
    return "; ".join(said)


def _which(kind: StepKind) -> str:
    return f"with {kind.name}" if kind.name else f"of {count(kind.operations, 'operation')}"
