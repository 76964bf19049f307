"""Was the copy time of a device hidden by its compute? The second line of its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model import Engine
from ...units import duration, share
from ...vocabulary.losses import UNEXPLAINED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Device
    from ...questions.account.losses import Loss
    from ...questions.explained import CauseFigures
    from ...questions.overlap import DeviceFigures


def overlap_line(figures: DeviceFigures, exposed: Sequence[CauseFigures | Loss] = ()) -> str:
    """The answer in one sentence: was the copy time of this device hidden by its compute, and if not, why?

    ``exposed``: why copies were exposed, the longest first.
    """
    compute, copy = duration(figures.compute_ns), duration(figures.copy_ns)
    if not figures.copy_ns and figures.unknown:
        return f"{compute} compute time, {unknown_work(figures)}; overlap unknown"
    if not figures.copy_ns:
        return f"{compute} compute time, no copies to hide" if figures.compute_ns else "neither compute nor copies"
    if not figures.compute_ns:
        return f"{copy} copy time, no compute to overlap with"
    why = _main_cause(exposed)
    if figures.overlap_ns == 0:
        return f"none of {copy} copy time hidden" + (f": {why}" if why else f" by {compute} compute time")
    hidden = "all" if figures.exposed_copy_ns == 0 else share(figures.overlap_ns, figures.copy_ns)
    return f"{hidden} of {copy} copy time hidden" + (f"; rest: {why}" if why else "")


def short_label(device: Device) -> str:
    """``r3 GPU 0``: without what it is called."""
    rank = f"r{device.rank} " if device.rank >= 0 else ""
    owner = f"{device.owner} " if device.owner else ""
    return f"{rank}{owner}{device.kind.upper()} {device.index}"


def unknown_work(figures: DeviceFigures) -> str:
    """What may be copying and is in no figure of it: ``5.00 µs of copies in an unknown direction``."""
    if figures.undirected:
        return f"{duration(figures.undirected_ns)} of copies in an unknown direction"
    return f"{duration(figures.engines[Engine.UNKNOWN].busy_ns)} of operations of unknown kind"


def _main_cause(exposed: Sequence[CauseFigures | Loss]) -> str:
    """The title of the cause that took most; empty where it is not known."""
    if not exposed or exposed[0].cause in UNEXPLAINED:
        return ""
    return exposed[0].title if len(exposed) == 1 else f"mostly {exposed[0].title}"
