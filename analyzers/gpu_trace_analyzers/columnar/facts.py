"""What a trace says beside its tables, as JSON, and back: its source, its clock, how many rows it has."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from ..source import Doubt, Quarantined, RecordedDependencies, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..model import Trace


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one trace."""

    source: Source
    epoch_ns: int | None
    rows: Mapping[str, int]
    """of each table that has any"""
    digests: Mapping[str, str] = field(default_factory=dict)
    """of the file of each table, except the one that says all this"""

    @classmethod
    def of(cls, trace: Trace) -> Facts:
        """What a trace says."""
        rows = {name: len(table) for name, table in trace.tables().items()}
        rows["stack_frames"] = len(trace.stack_frames)
        return cls(trace.source, trace.epoch_ns, {name: count for name, count in rows.items() if count})

    def to_json(self) -> str:
        """As text; integers keep all their digits."""
        source = asdict(self.source) | {"expected": sorted(self.source.expected)}
        stated = {"source": source, "epoch_ns": self.epoch_ns, "rows": self.rows, "digests": self.digests}
        return json.dumps(stated)

    @classmethod
    def from_json(cls, text: str) -> Facts:
        """The facts that this says. Raises ``ValueError`` for anything else."""
        try:
            found = json.loads(text)
            return cls(_source(**found["source"]), found["epoch_ns"], dict(found["rows"]), dict(found["digests"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise ValueError("what the trace says of itself is damaged") from None


def _source(
    path: str,
    format: str,  # noqa: A002  # the keys are those of `Source`
    expected: list[str],
    damage: list[str],
    quarantined: list[dict[str, object]],
    doubts: list[dict[str, object]],
    dependencies: list[dict[str, object]],
    **plain: object,
) -> Source:
    return Source(
        path,
        format,
        expected=frozenset(expected),
        damage=tuple(damage),
        quarantined=tuple(Quarantined(**each) for each in quarantined),  # type: ignore[arg-type]  # as `asdict` gave it
        doubts=tuple(Doubt(**each) for each in doubts),  # type: ignore[arg-type]
        dependencies=tuple(RecordedDependencies(**each) for each in dependencies),  # type: ignore[arg-type]
        **plain,  # type: ignore[arg-type]
    )
