"""What was measured per model of GPU: the table ``measured.toml``, which ``scripts/calibrate`` writes."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...model import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ...model import Device

    Float64 = NDArray[np.float64]

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Spread(NamedTuple):
    """Lowest, median and highest of what was measured."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Spreads along something else, such as the bytes of a copy: (points,) float64 each, in the order of ``at``."""

    at: Float64
    low: Float64
    median: Float64
    high: Float64

    @classmethod
    def of(cls, rows: Sequence[Sequence[float]]) -> Curve:
        """From rows of a place and a spread, in any order; several of one place are one spread that holds them all."""
        by_place: defaultdict[float, list[Sequence[float]]] = defaultdict(list)
        for at, *spread in rows:
            by_place[at].append(spread)
        together = [
            (at, min(low), float(np.median(median)), max(high))
            for at, spreads in sorted(by_place.items())
            for low, median, high in [zip(*spreads, strict=True)]
        ]
        return cls(*np.array(together, np.float64).T)

    def read(self, at: Float64) -> tuple[Float64, Float64, Float64]:
        """The three values at each place: straight between its neighbors, and as at the ends beyond them."""
        low, median, high = (np.interp(at, self.at, values) for values in (self.low, self.median, self.high))
        return low, median, high


@dataclass(frozen=True, slots=True)
class Model:
    """What was measured on one model of GPU; kinds have the keys of ``scripts/calibration/kinds.py``."""

    name: str
    multiprocessors: int
    slowdown: Mapping[tuple[str, str], Spread]
    """by kind and what was busy beside it"""
    copies: Mapping[tuple[str, str], Curve]
    """ns of one copy by its bytes; by kind and what was busy beside it, or an empty text"""


def model_of(device: Device) -> Model | None:
    """That of a device; None where its model was not measured, or where it is a part of one."""
    found = (model for model in models() if model.name == device.name)
    return next((model for model in found if device.multiprocessors in (model.multiprocessors, MISSING)), None)


@cache
def models() -> tuple[Model, ...]:
    """All that were measured."""
    return read_models(Path(__file__).with_name("measured.toml").read_text(encoding="utf-8"))


def read_models(text: str) -> tuple[Model, ...]:
    """Those of a table."""
    return tuple(map(_model, tomllib.loads(text).get("device", [])))


def _model(entry: Mapping[str, Any]) -> Model:
    by_copy: defaultdict[tuple[str, str], list[tuple[float, ...]]] = defaultdict(list)
    for kind, beside, size, *ns in entry.get("copies", []):
        by_copy[kind, beside].append((size, *ns))
    return Model(
        name=entry["name"],
        multiprocessors=entry["multiprocessors"],
        slowdown={(kind, beside): Spread(*factors) for kind, beside, *factors in entry.get("slowdown", [])},
        copies={key: Curve.of(rows) for key, rows in by_copy.items()},
    )
