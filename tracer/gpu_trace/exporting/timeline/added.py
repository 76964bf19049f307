"""What every format shows beside what was recorded: the findings, and the account of each device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .account import accounts_of
from .findings import findings_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpu_trace_analyzers.analysis import Analysis

    from .account import AccountRows
    from .findings import Finding


@dataclass(frozen=True, slots=True)
class Added:
    """Both are of devices by their positions in ``Trace.devices``."""

    findings: tuple[Finding, ...] = ()
    accounts: tuple[AccountRows, ...] = ()

    @staticmethod
    def to(analysis: Analysis, findings: Iterable[Finding] | None, by_ns: int) -> Added:
        """What is added to a trace, on a clock that shows ``by_ns`` more; ``findings`` (default: all)."""
        found = findings_of(analysis) if findings is None else findings
        return Added(
            tuple(finding.later(by_ns) for finding in found),
            tuple(account.later(by_ns) for account in accounts_of(analysis)),
        )

    def findings_on(self, device: int) -> list[Finding]:
        """Those of a device, as a track has them: those that hold others in front."""
        own = (finding for finding in self.findings if finding.device == device)
        return sorted(own, key=lambda finding: (finding.start_ns, -finding.end_ns))

    def account_of(self, device: int) -> AccountRows | None:
        """That of a device; None of one that has none."""
        return next((account for account in self.accounts if account.device == device), None)
