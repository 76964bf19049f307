"""Native Perfetto traces."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.whatif.answer import WhatIf

    from ..timeline.findings import Finding


def export_perfetto(
    analysis: Analysis,
    path: str | PathLike[str],
    findings: Iterable[Finding] | None = None,
    what_if: WhatIf | None = None,
) -> None:
    """Write a trace, whole or not at all; gzipped where the name ends in ``.gz``.

    ``findings`` become notes on their devices (default: the worst place, and every stretch of exposed copy).
    ``what_if``: an answer about the same trace, whose schedule gets tracks below those that were recorded. Raises
    ``OSError`` where the file cannot be written, `GpuTraceError` where Perfetto's protos cannot be loaded.
    """
    from .export import export  # loads Perfetto's protos, which takes a tenth of a second

    export(analysis, path, findings, what_if)


__all__ = ["export_perfetto"]
