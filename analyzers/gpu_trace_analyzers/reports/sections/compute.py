"""What a device computed, in which precision and at which rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...questions.compute.kernels import Kind, Precision
from ...units import NONE, count, duration, percent, share
from ..fields import At, Field, Nested, Rows, Shown, table
from ..parts import Column
from ..parts import Kind as CellKind
from .device import DEVICE, LABEL

if TYPE_CHECKING:
    from ...questions.compute.answer import ComputeAnswer
    from ...questions.compute.clocks import LowClock
    from ...questions.compute.figures import ComputeFigures
    from ...questions.compute.tensor_cores import WithoutTensorCores
    from ...summary import Summary
    from ..parts import Table

_NAMED_SHARE, _NAMED_ROWS = 0.2, 2
"""Of the compute time: what takes less is not in the first line; how much is at most."""
_SHOWN_SHARE = 0.005
_OTHER = "other kernels"

KINDS = (
    Field("kind", "`products`, `convolutions`, `attention` or `other`", lambda row, _: row.kind.value),
    Field(
        "precision",
        "of what is multiplied: `float32` is without tensor cores; null if neither operator nor kernel says",
        lambda row, _: row.precision.value or None,
    ),
    Field("kernels"),
    Field("busy_ns"),
    Field("calls", "operators that launched them; null, as `flops`, if no shapes were recorded"),
    Field("flops", "by the shapes of the arguments"),
    Field("tflop_per_s", "null also for more than the peak: then the shapes do not say what was computed"),
    Field("peak_tflop_per_s", "dense, by NVIDIA's datasheets; null for a device that is in no table"),
    Field("share_of_peak"),
    Field("mean_clock_mhz", "of the multiprocessors over that time; null if clocks were not recorded"),
    Field("peak_at_clock_tflop_per_s", "dense, at that clock"),
    Field("share_of_peak_at_clock"),
)
WITHOUT_TENSOR_CORES = Nested(
    "without_tensor_cores",
    "products and convolutions of float32 without tensor cores; null if they are few, or a loss comes first",
    lambda account, at: _without(account.device, at),
    (
        Field("ns"),
        Field("at_most_ns", "what TF32 can save, by the two peaks; null if they are not known"),
        Field("unknown_kernels", "of which no name says the precision", lambda row, _: row.unknown),
    ),
)
LOW_CLOCK = Nested(
    "low_clock",
    "compute time at a clock that was held down, with NVML's reasons; null if it is short, or not recorded",
    lambda account, at: _low_clock(account.device, at),
    (
        Field("ns"),
        Field("mean_mhz"),
        Field("max_mhz"),
        Field("reasons", get=lambda row, _: list(row.reasons), cell=", ".join),
    ),
)
FIELDS = (
    Rows(
        "compute",
        "[what the kernels of each GPU compute](figures.md#what-was-computed-and-at-which-rate)",
        lambda summary, _: summary.compute,
        (DEVICE, LABEL, *KINDS),
        table="compute",
    ),
)


def _without(position: int, at: At) -> WithoutTensorCores | None:
    answer = at.summary.answer_of(position)
    return answer.without_tensor_cores if answer else None


def _low_clock(position: int, at: At) -> LowClock | None:
    answer = at.summary.answer_of(position)
    return answer.low_clock if answer else None


_SHOWN = (
    Shown(Column("compute", kind=CellKind.WORD), lambda row, _: named(row)),
    Shown(Column("device", drop_order=2, kind=CellKind.WORD), lambda row, at: at.label(row.device).split(" (")[0]),
    Shown(Column("kernels", drop_order=1), lambda row, _: count(row.kernels)),
    Shown(Column("busy"), lambda row, _: duration(row.busy_ns)),
    Shown(Column("TFLOP/s"), lambda row, _: _rate(row.tflop_per_s)),
    Shown(Column("of peak"), lambda row, _: percent(row.share_of_peak)),
)


def compute_table(summary: Summary) -> Table | None:
    """A row per kind and precision that takes long enough; None where no rate is known."""
    if not any(row.tflop_per_s is not None for row in summary.compute):
        return None
    whole_ns = {figures.position: figures.compute_ns for figures in summary.devices}
    rows = [row for row in summary.compute if row.inside_ns >= _SHOWN_SHARE * whole_ns[row.device]]
    return table(_SHOWN, rows, At.of(summary))


def named(row: ComputeFigures) -> str:
    """``products in bfloat16``."""
    if row.kind is Kind.OTHER:
        return _OTHER
    precision = row.precision
    said = "float32 without tensor cores" if precision is Precision.FLOAT32 else precision.value
    return f"{row.kind.value} in {said}" if said else row.kind.value


def computed(answer: ComputeAnswer | None) -> str:
    """What takes most of the compute time, for the first line; empty where nothing is known of it."""
    if answer is None or not answer.compute_ns:
        return ""
    large = [row for row in answer.rows if row.inside_ns >= _NAMED_SHARE * answer.compute_ns]
    large.sort(key=lambda row: -row.inside_ns)
    return ", ".join(f"{named(row)} ({_how(row, answer)})" for row in large[:_NAMED_ROWS])


def compute_lines(answer: ComputeAnswer | None) -> list[str]:
    """What else is to be said of the computing, a line each."""
    if answer is None:
        return []
    found, low = answer.without_tensor_cores, answer.low_clock
    return [*(_without_lines(found) if found else ()), *([clock_line(low)] if low else ()), *_not_recorded(answer)]


def held_back(answer: ComputeAnswer | None) -> list[str]:
    """What makes the computing slower than it could be, in as few words as there are."""
    if answer is None:
        return []
    found, low = answer.without_tensor_cores, answer.low_clock
    return [*([_fix_line(found)] if found else ()), *([clock_line(low)] if low else ())]


def clock_line(low: LowClock) -> str:
    """``SM clock 1.40 of 1.98 GHz for 83.0 % of compute: power limit``."""
    clock = f"SM clock {low.mean_mhz / 1000:.2f} of {low.max_mhz / 1000:.2f} GHz"
    return f"{clock} for {share(low.ns, low.compute_ns)} of compute: {', '.join(low.reasons)}"


def _how(row: ComputeFigures, answer: ComputeAnswer) -> str:
    said = [f"{share(row.inside_ns, answer.compute_ns)} of compute"]
    if row.kind is Kind.OTHER and row.largest:
        said.append(f"{share(row.largest_ns, answer.compute_ns)} in {row.largest}")
    if row.tflop_per_s is not None:
        said.append(f"{_rate(row.tflop_per_s)} TFLOP/s")
    if row.share_of_peak is not None:
        said.append(f"{percent(row.share_of_peak)} of peak")
    return ", ".join(said)


def _without_lines(found: WithoutTensorCores) -> list[str]:
    kinds = " and ".join(kind.value for kind in found.kinds)
    saves = f" (fix {_saves(found)})" if found.at_most_ns is not None else ""
    lines = [f"{kinds} in float32 leave tensor cores unused for {share(found.ns, found.compute_ns)} of compute{saves}"]
    lines.append(f"fix: {_ways(found)}")
    if found.unknown:
        lines.append(f"{count(found.unknown, 'kernel')} of products or convolutions in a precision that no name says")
    return lines


def _fix_line(found: WithoutTensorCores) -> str:
    """``fix saves up to 74.0 ms: use tensor cores for products, by ...``."""
    kinds = " and ".join(kind.value for kind in found.kinds)
    return f"{' '.join(filter(None, ('fix', _saves(found))))}: use tensor cores for {kinds}, by {_ways(found)}"


def _saves(found: WithoutTensorCores) -> str:
    return "" if found.at_most_ns is None else f"saves up to {duration(found.at_most_ns)}"


def _ways(found: WithoutTensorCores) -> str:
    allow = {
        Kind.PRODUCT: 'torch.set_float32_matmul_precision("high")',
        Kind.CONVOLUTION: "torch.backends.cudnn.allow_tf32 = True",
    }
    ways = ", ".join([*(allow[kind] for kind in found.kinds), "or autocast"])
    return f"{ways}, if that accuracy is enough"


def _not_recorded(answer: ComputeAnswer) -> list[str]:
    multiplies = sum(row.inside_ns for row in answer.rows if row.kind is not Kind.OTHER)
    if answer.has_shapes or multiplies < _NAMED_SHARE * answer.compute_ns or not multiplies:
        return []
    return ["TFLOP/s not known, because no shapes were recorded; record with --level full"]


def _rate(tflop_per_s: float | None) -> str:
    """Three digits."""
    if tflop_per_s is None:
        return NONE
    return f"{tflop_per_s:,.0f}" if tflop_per_s >= 100 else f"{tflop_per_s:.3g}"
