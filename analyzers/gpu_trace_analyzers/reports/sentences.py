"""What every report says of a summary in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import Engine
from ..questions.overlap import PAIRED_AT_MOST
from ..questions.ranges import DEEPEST_OWNER
from ..questions.ranks import slowest
from ..units import count, duration, ratio, share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Device
    from ..questions.evidence import Evidence
    from ..questions.explained import CauseFigures
    from ..questions.overlap import DeviceFigures
    from ..questions.ranks import RankFigures
    from ..summary import Summary

_REASONS = 6
"""Reasons for not using events that a report lists."""
_RECORD_GPU = "Record with gpu-trace run, or with activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]."
_SHOW_THEM = "gpu-trace open shows them; for figures, record with torch.profiler or gpu-trace run."


def verdict(figures: DeviceFigures, exposed: Sequence[CauseFigures] = ()) -> str:
    """The answer in one sentence: is the copying of this device hidden behind its computing, and if not, why?"""
    compute, copy = duration(figures.compute_ns), duration(figures.copy_ns)
    if not figures.copy_ns and figures.unknown:
        return f"{compute} of compute, and {_unknown(figures)}: what overlapped is unknown"
    if not figures.copy_ns:
        return f"{compute} of compute, no copying to hide" if figures.compute_ns else "neither compute nor copying"
    if not figures.compute_ns:
        return f"{copy} of copying, and no compute to hide it behind"
    why = _main_cause(exposed)
    if figures.overlap_ns == 0:
        return f"{copy} of copying, none of it hidden" + (f": {why}" if why else f" behind {compute} of compute")
    hidden = "all" if figures.exposed_copy_ns == 0 else share(figures.overlap_ns, figures.copy_ns)
    return f"{copy} of copying, {hidden} of it hidden behind {compute} of compute" + (
        f"; the rest: {why}" if why else ""
    )


def brief(summary: Summary) -> str:
    """The shortest answer: of the device with the longest exposed copies or collectives, what was hidden of them."""
    if not summary.devices:
        return "no device activity"
    figures = max(summary.devices, key=lambda f: max(f.exposed_copy_ns, f.exposed_collective_ns))
    whose = f"{short_label(figures.device)}: " if len(summary.devices) > 1 else ""
    doubt = " (in doubt)" if summary.doubts_of(figures.position) else ""
    return whose + _briefly(figures, summary.exposed_on(figures.position)) + doubt


def _briefly(figures: DeviceFigures, exposed: Sequence[CauseFigures]) -> str:
    if not figures.copy_ns and figures.unknown:
        return f"{_unknown(figures)}, what overlapped is unknown"
    if figures.exposed_collective_ns > figures.exposed_copy_ns:
        hidden_ns = figures.collective_ns - figures.exposed_collective_ns
        return f"{duration(figures.collective_ns)} of collectives, {_part(hidden_ns, figures.collective_ns)} hidden"
    if not figures.copy_ns:
        return f"{duration(figures.compute_ns)} of compute, no copies"
    why = f": {cause}" if (cause := _main_cause(exposed)) else ""
    return f"{duration(figures.copy_ns)} of copies, {_part(figures.overlap_ns, figures.copy_ns)} hidden{why}"


def _part(ns: int, whole_ns: int) -> str:
    """``none``, ``all``, or how many percent."""
    return "none" if ns == 0 else "all" if ns == whole_ns else share(ns, whole_ns)


def short_label(device: Device) -> str:
    """``r3 GPU 0``: without what it is called."""
    rank = f"r{device.rank} " if device.rank >= 0 else ""
    owner = f"{device.owner} " if device.owner else ""
    return f"{rank}{owner}{device.kind.upper()} {device.index}"


def _unknown(figures: DeviceFigures) -> str:
    """What may be copying and is in no figure of it: ``5.00 µs of copying of unknown direction``."""
    if figures.undirected:
        return f"{duration(figures.undirected_ns)} of copying of unknown direction"
    return f"{duration(figures.engines[Engine.UNKNOWN].busy_ns)} of work of unknown kind"


def _main_cause(exposed: Sequence[CauseFigures]) -> str:
    """The title of the cause that took most; empty where it is not known."""
    if not exposed or exposed[0].cause in ("unknown", "lost_kernels", "lost_nodes"):
        return ""
    return exposed[0].title if len(exposed) == 1 else f"mostly {exposed[0].title}"


def evidence_line(found: Evidence) -> str:
    """The longest stretch of a cause in a sentence: what ran where, how it was launched, and what decided."""
    where = f" on {found.place}" if found.operation and found.place else ""
    owner = f" in {found.range}" if found.range else ""
    call = f", {found.call} took {duration(found.call_ns)}" if found.call and found.call_ns is not None else ""
    fact = found.fact.words + (f" ({duration(found.fact.ns)})" if found.fact.ns is not None else "")
    what = f"{found.operation}{where}{owner}{call}"
    return ": ".join(filter(None, (f"longest {duration(found.end_ns - found.start_ns)}", what, fact)))


def remedy_line(row: CauseFigures) -> str:
    """What to do, and what it could give back; empty where nothing can be done."""
    if not row.remedy:
        return ""
    return row.remedy + (f" (saves at most {duration(row.at_most_ns)})" if row.at_most_ns else "")


def overlap_lines(figures: DeviceFigures) -> list[str]:
    """The ratios of one device, each with its numerator and denominator; empty where nothing could overlap."""
    lines = []
    if figures.overlap_ratio is not None:
        shorter = min(figures.compute_ns, figures.copy_ns)
        which = "the copying" if shorter == figures.copy_ns else "the compute"
        parts = f"{duration(figures.overlap_ns)} overlapped of {duration(shorter)} possible, {which} being shorter"
        lines.append(f"overlap ratio {ratio(figures.overlap_ratio)}: {parts}")
        rest = f"exposed copy {duration(figures.exposed_copy_ns)}, headroom {duration(figures.headroom_ns)}"
        lines.append(f"{rest}, gain {figures.gain:.2f}x, span {duration(figures.span_ns)}")
    if figures.unknown and figures.copy_ns:
        lines.append(f"{_unknown(figures)} in no figure of copying; gpu-trace info names what is unclassified")
    if figures.unrecorded_ns:
        lines.append(f"{duration(figures.unrecorded_ns)} between windows of recording are not counted")
    if figures.collective_ns:
        exposed = share(figures.exposed_collective_ns, figures.collective_ns)
        lines.append(f"exposed collectives {duration(figures.exposed_collective_ns)} ({exposed} of their time)")
    if figures.device.kind == "cpu" and figures.streams > 1 and figures.streams_at_once is not None:
        lines.append(f"threads at once {figures.streams_at_once:.2f} of {figures.streams} while busy")
    return lines


def source_line(summary: Summary) -> str:
    """What was read, and of it the chosen window."""
    source = summary.source
    chosen = f" · only a window of {duration(summary.window.span_ns)}" if summary.window else ""
    return f"{source.path} · {source.format} · {count(source.events, 'event')}{chosen}"


def rank_line(summary: Summary) -> str:
    """Which rank the others wait for; empty where there is none."""
    row = slowest(summary.ranks)
    if row is None:
        return ""
    if not row.collectives:
        return f"slowest: rank {row.rank}, which was busy for {duration(row.busy_ns)}; the ranks share no collective"
    often = f"it came last to {count(row.came_last)} of {count(row.collectives, 'collective')}{_matching(row)}"
    doubt = " (process groups are not known here: all ranks are taken for one)" if row.in_doubt else ""
    return f"slowest: rank {row.rank}; {often}, and the others waited {duration(row.awaited_ns)} for it{doubt}"


def _matching(row: RankFigures) -> str:
    """Of which collectives no number says that they are the same one on all ranks."""
    if not row.by_order:
        return ""
    which = "" if row.by_order == row.collectives else f" {count(row.by_order)} of them"
    return f",{which} matched by order alone"


def pairs_line(summary: Summary) -> str:
    """How many pairs of devices are not compared; empty where all are."""
    if not summary.pairs_omitted:
        return ""
    return f"{count(summary.pairs_omitted, 'pair')} of devices not compared, for more than {PAIRED_AT_MOST} worked"


def devices_line(summary: Summary, shown: Sequence[DeviceFigures]) -> str:
    """How many devices a report that shows a few leaves out, and which it shows; empty where it shows all."""
    others = len(summary.devices) - len(shown)
    if not others:
        return ""
    those = "those with the most exposed copying, and of equals the most idle time"
    return f"and {count(others, 'more device')}; shown are {those}; all are in --json"


def _hidden_line(summary: Summary) -> str:
    """Which ranges are not shown, and how to see them; empty where all are."""
    domains = summary.hidden_domains
    if not domains:
        return ""
    return f"{count(sum(domains.values()), 'range')} of {', '.join(domains)} not shown; --all-domains shows them"


def range_notes(summary: Summary) -> list[str]:
    """What the table of ranges does not have."""
    return [line for line in (_unowned_line(summary), _buried_line(summary), _hidden_line(summary)) if line]


def _buried_line(summary: Summary) -> str:
    """How many ranges own nothing, and the likely mistake; empty where there are none."""
    if not summary.buried:
        return ""
    lie = count(summary.buried, "range lies", "ranges lie")
    return f"{lie} in {DEEPEST_OWNER} others or more, without operations of their own here: does each range end?"


def _unowned_line(summary: Summary) -> str:
    """Which operations no range has, and which thread launched most of them; empty where every one has a range."""
    found = summary.unowned
    if not found.operations:
        return ""
    launched = f"{found.operations:,} of {count(found.of, 'GPU operation')} were launched outside every range"
    return launched + (f", {found.on_thread:,} of them by {found.thread}" if found.thread else "")


def reading_notes(summary: Summary) -> list[str]:
    """What is missing in the figures, and why; empty for a whole file of a whole recording."""
    notes = [*summary.source.damage, *_not_used(summary), *doubtful(summary), *_lost_kernels(summary)]
    if unlaunched := summary.unmatched.work:
        notes.append(f"{count(unlaunched, 'operation has', 'operations have')} no launch here, so no range has them")
    notes += _lost_names(summary)
    return notes


def _lost_kernels(summary: Summary) -> list[str]:
    """Which kernels the figures do not have, and whether these are too low for it."""
    found, notes = summary.unmatched, []
    if summary.devices and (lost := found.launches - found.after_last):
        missing = "not recorded, or set aside" if summary.source.quarantined else "not recorded"
        notes.append(f"{count(lost, 'kernel was', 'kernels were')} launched and {missing}: busy times are too low")
    if summary.devices and found.after_last:
        launched = count(found.after_last, "kernel was launched", "kernels were launched")
        notes.append(f"{launched} after the last recorded one: the recording ended first")
    if summary.devices and found.nodes:
        lack = count(found.nodes, "operation is", "operations are")
        notes.append(f"{lack} missing in replays of CUDA graphs: busy times are too low, unless nodes are conditional")
    return notes


def _not_used(summary: Summary) -> list[str]:
    """The commonest reasons for which events are not used."""
    losses = sorted(summary.source.losses.items(), key=lambda loss: -loss[1])
    told = [f"{count(number)} × {reason}" for reason, number in losses[:_REASONS]]
    others = losses[_REASONS:]
    if others:
        rest = sum(number for _, number in others)
        told.append(f"{rest:,} for {count(len(others), 'other reason')}, which gpu-trace info lists")
    return ["not used: " + ", ".join(told)] if told else []


def doubtful(summary: Summary) -> list[str]:
    """Which devices' figures are in doubt, and why; of many devices the first."""
    told = [
        f"the figures of {figures.device.label} are in doubt: {why}"
        for figures in summary.devices
        if (why := summary.doubts_of(figures.position))
    ]
    others = len(told) - _REASONS
    return told if others <= 0 else [*told[:_REASONS], f"so are those of {count(others, 'other device')}"]


def _lost_names(summary: Summary) -> list[str]:
    """Of names that are no ASCII, Kineto writes nothing but this word."""
    lost = {row.domain: row.instances for row in summary.ranges if row.name == "unknown"}
    if summary.source.format != "kineto" or not lost:
        return []
    many = count(sum(lost.values()), "range is", "ranges are")
    return [f"{many} named `unknown`: Kineto writes this word for every name that is not ASCII"]


def nothing_recorded(summary: Summary) -> str:
    """Said instead of figures where no device did anything that is known here: why, and the next step."""
    path, not_used, lost = summary.source.path, sum(summary.source.losses.values()), summary.unmatched.launches
    if not_used > lost:
        rows = count(not_used, "row was", "rows were")
        return f"{path} has no device activity that gpu-trace can read; {rows} not used. {_SHOW_THEM}"
    if lost:
        launched = count(lost, "kernel was launched", "kernels were launched")
        return f"{path} has no device activity, although {launched}: the rows of the GPU are missing. {_RECORD_GPU}"
    return (
        f"{path} has no device activity: no kernel, no copy, and no operator of a CPU. "
        "Was the profiler running while the work ran, and with activities for this device?"
    )
