"""How much can a device compute at most? From the tables of ``peaks.toml``; of other devices nothing is known."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...model import MISSING
from .kernels import Precision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model import Device

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Model:
    """A model of GPU."""

    name: re.Pattern[str]
    multiprocessors: int
    tflop_per_s: Mapping[Precision, float]
    """dense, at the clock of the datasheet"""
    source: str


def peak_tflop_per_s(device: Device, precision: Precision) -> float | None:
    """The dense peak of a device, in TFLOP/s; None where it is not known, as for a part of a GPU."""
    for model in _tables()[0]:
        if model.name.fullmatch(device.name) and device.multiprocessors in (model.multiprocessors, MISSING):
            return model.tflop_per_s.get(precision)
    return None


def peak_at(device: Device, precision: Precision, clock_mhz: float) -> float | None:
    """The same at another clock of its multiprocessors; None where they are not known."""
    cycle = _tables()[1].get(device.capability, {}).get(precision) if device.capability else None
    if cycle is None or device.multiprocessors == MISSING:
        return None
    return cycle * device.multiprocessors * clock_mhz * 1e-6


@cache
def _tables() -> tuple[tuple[Model, ...], Mapping[tuple[int, int], Mapping[Precision, int]]]:
    document: dict[str, Any] = tomllib.loads(Path(__file__).with_name("peaks.toml").read_text(encoding="utf-8"))
    models = tuple(
        Model(re.compile(row["name"]), row["sms"], _by_precision(row["peaks"]), row["source"])
        for row in document["device"]
    )
    cycles = {
        (row["capability"][0], row["capability"][1]): _by_precision(row["flops"]) for row in document["architecture"]
    }
    return models, cycles


def _by_precision(row: Mapping[str, Any]) -> dict[Precision, Any]:
    return {Precision(key): value for key, value in row.items()}
