"""The page: markdown, and the same as HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpu_trace_analyzers.units import duration

from .comparison import AGREE, Comparison, compared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .experiments import Experiment
    from .measured import Lab, Ran, Variant

_HEADINGS = (
    "variant",
    "wall clock",
    "recorded",
    "compute",
    "copy",
    "overlapped",
    "ratio",
    "by the clocks",
    "concurrency",
)
_READING = f"""\
Every sample ran twice: unprofiled, and under `gpu-trace run`. **wall clock** is the median of unprofiled repetitions.
**recorded** is the wall clock of the recorded run, from idle to idle. All other columns are from its trace, of the
repetition with the median wall clock. **compute** and **copy** are the busy times of the device's engines,
**overlapped** is the time in which both were busy, and the **ratio** is the overlapped part of the shorter of the two.
**by the clocks** is the overlap ratio that follows from wall clocks alone,
`(T_compute + T_copy - T_both) / min(T_compute, T_copy)`. If the two ratios differ by more than {AGREE}, a line below
the table states why. **concurrency** is the mean number of operations that ran concurrently while any ran.

If **recorded** is much longer than **wall clock**, recording slowed the script down. That happens with small kernels,
mostly in CUDA graphs. The other columns are then those of the slower run.
"""


def markdown(lab: Lab, experiments: Sequence[Experiment], title: str) -> str:
    """The page of a machine."""
    by_sample = {experiment.sample: experiment for experiment in experiments}
    facts = "\n".join(f"- {name}: {value}" for name, value in lab.machine.items() if value)
    sections = (_section(by_sample[ran.sample], ran) for ran in lab.ran if ran.sample in by_sample)
    return f"# {title}\n\n{facts}\n\n{_READING}\n" + "\n".join(sections)


def html(text: str, title: str) -> str:
    """A page by itself, without network."""
    from markdown import markdown as to_html

    body = to_html(text, extensions=["tables"])
    return _FRAME.format(title=title, body=body)


def _section(experiment: Experiment, ran: Ran) -> str:
    lines = [
        f"## {experiment.title}",
        "",
        f"> {experiment.book}",
        "",
        f"`{' '.join([experiment.script, *ran.arguments])}`: {ran.what}",
        "",
        *_table(experiment, ran),
    ]
    remarks = list(_remarks(experiment, ran))
    return "\n".join([*lines, "", *remarks, ""] if remarks else [*lines, ""])


def _table(experiment: Experiment, ran: Ran) -> Iterator[str]:
    rows = [_row(variant, compared(experiment, ran, variant)) for variant in ran.variants]
    shown = [i for i in range(len(_HEADINGS)) if i < 3 or any(row[i] != "" for row in rows)]
    yield "| " + " | ".join(_HEADINGS[i] for i in shown) + " |"
    yield "|" + "|".join(" :-- " if i == 0 else " --: " for i in shown) + "|"
    for row in rows:
        yield "| " + " | ".join(row[i] for i in shown) + " |"


def _row(variant: Variant, found: Comparison | None) -> list[str]:
    recorded = variant.recorded
    clocks = f"{found.by_clocks:.3f}" if found else ""
    row = [f"`{variant.name}`", f"{variant.wall_ns / 1e6:.1f} ms"]  # as the sample printed it, no digit more
    if recorded is None or not recorded.devices:
        return [*row, duration(recorded.wall_ns) if recorded else "–", "", "", "", "", clocks, ""]
    on = recorded.devices[0]
    exchanged = on.copy_ns or on.collective_ns
    hidden = on.overlap_ns if on.copy_ns else on.collective_ns - on.exposed_collective_ns
    shorter = min(on.compute_ns, exchanged)
    by_trace = found.by_trace if found else (hidden / shorter if shorter else None)
    return [
        *row,
        duration(recorded.wall_ns),
        duration(on.compute_ns) if on.compute_ns else "",
        duration(exchanged) if exchanged else "",
        duration(found.overlap_ns if found else hidden) if exchanged and on.compute_ns else "",
        "" if by_trace is None else f"**{by_trace:.3f}**",
        clocks,
        f"{on.stream_busy_ns / on.busy_ns:.2f}",
    ]


def _remarks(experiment: Experiment, ran: Ran) -> Iterator[str]:
    for variant in ran.variants:
        found = compared(experiment, ran, variant)
        if found is not None and not found.agrees:
            by = abs(found.difference or 0)
            yield f"- `{variant.name}`: the ratios differ by {by:.3f}. {_why(experiment, found)}"


def _why(experiment: Experiment, found: Comparison) -> str:
    """The largest terms that the clocks count as overlap, or as a lack of it."""
    of_devices = experiment.overlap_of == "devices"
    first, second = ("The first device was", "The second device was") if of_devices else ("Compute was", "Copies were")
    sentences = {
        "first": f"{first} busy for {duration(found.busy_a_ns)}, and took {duration(found.alone_a_ns)} alone.",
        "second": f"{second} busy for {duration(found.busy_b_ns)}, and took {duration(found.alone_b_ns)} alone.",
        "idle": f"For {duration(abs(found.unseen_ns['idle']))} of the recorded run, neither ran.",
        "recording": f"The run took {duration(found.recorded_ns)} recorded and {duration(found.both_ns)} unrecorded.",
    }
    worth_ns = AGREE / 2 * min(found.alone_a_ns, found.alone_b_ns)
    return " ".join(sentences[name] for name, ns in found.unseen_ns.items() if abs(ns) > worth_ns)


_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }}
th, td {{ padding: .25rem .75rem; border-bottom: 1px solid #8884; text-align: right; white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
blockquote {{ margin: 0; padding-left: 1rem; border-left: .25rem solid #8886; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #16181d; color: #e3e5e8; }} }}
</style></head><body>
{body}
</body></html>
"""
