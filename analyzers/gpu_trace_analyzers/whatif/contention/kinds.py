"""Of which measured kind is an operation, as far as the trace knows?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...model import Engine
from ...questions.compute.figures import what_of
from ...questions.compute.kernels import KINDS, PRECISIONS, Kind, Precision
from ...questions.once import once
from .multiprocessors import few_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...model import Int64, Trace
    from ...questions.scope import Window

FLOAT32, TF32, BFLOAT16 = PRODUCTS = ("product_float32", "product_tf32", "product_bfloat16")
MEMORY_BOUND = ("elementwise", "reduction")
ARITHMETIC, NORM, _ = FEW_BLOCKS = ("blocks_arithmetic", "blocks_norm", "blocks_product")
COPIES = (Engine.COPY_H2D, Engine.COPY_D2H, Engine.COPY_P2P, Engine.COPY_D2D)


@dataclass(frozen=True, slots=True)
class Class:
    """What is known of some operations: the kinds that they most likely are of, and all that they may be of."""

    likely: tuple[str, ...]
    possible: tuple[str, ...]


def _multiplies(*likely: str) -> Class:
    """Products of other shapes use the memory more or less than those that were measured."""
    return Class(likely, PRODUCTS)


UNKNOWN = Class((), ())
_OTHER_KERNEL = Class(MEMORY_BOUND, (*MEMORY_BOUND, *PRODUCTS))
"""Most kernels that do not multiply matrices wait for memory; but a name does not tell."""
_FEW_PRODUCT = Class((ARITHMETIC,), (*FEW_BLOCKS, *PRODUCTS))
_FEW_OTHER = Class((NORM,), (*FEW_BLOCKS, *MEMORY_BOUND))
_BY_PRECISION = {
    Precision.FLOAT64: _multiplies(FLOAT32),
    Precision.FLOAT32: _multiplies(FLOAT32),
    Precision.TF32: _multiplies(TF32),
    Precision.FLOAT32_OR_TF32: _multiplies(FLOAT32, TF32),
    Precision.BFLOAT16: _multiplies(BFLOAT16),
    Precision.FLOAT16: _multiplies(BFLOAT16),
    Precision.FLOAT8: _multiplies(BFLOAT16),
    Precision.INT8: _multiplies(BFLOAT16),
    Precision.UNKNOWN: _multiplies(*PRODUCTS),
}
_BY_ENGINE = {engine: Class((engine.key,), (engine.key,)) for engine in (*COPIES, Engine.COLLECTIVE)}
CLASSES: tuple[Class, ...] = (
    UNKNOWN,
    _OTHER_KERNEL,
    _FEW_PRODUCT,
    _FEW_OTHER,
    *dict.fromkeys(_BY_PRECISION.values()),
    *_BY_ENGINE.values(),
)


@once
def class_of(trace: Trace, position: int) -> Int64:
    """For each row of ``Trace.work`` its place in `CLASSES`: (rows,) int64; without meaning on other devices."""
    engine = trace.work.engine
    found = np.full(len(engine), CLASSES.index(UNKNOWN))
    for each, own in _BY_ENGINE.items():
        found[engine == each] = CLASSES.index(own)
    kernels = engine == Engine.COMPUTE
    found[kernels] = _of_kernels(trace, position)[kernels]
    return found


def _of_kernels(trace: Trace, position: int) -> Int64:
    """The same, as if all rows were kernels that compute."""
    kinds, precisions = what_of(trace)
    multiplies = kinds != KINDS.index(Kind.OTHER)
    few = few_blocks(trace, position)
    by_precision = np.array([CLASSES.index(_BY_PRECISION[each]) for each in PRECISIONS])
    large = np.where(multiplies, by_precision[precisions], CLASSES.index(_OTHER_KERNEL))
    small = np.where(multiplies, CLASSES.index(_FEW_PRODUCT), CLASSES.index(_FEW_OTHER))
    return np.where(few, small, large)


@once
def kinds_beside(trace: Trace, position: int, window: Window | None, engine: Engine) -> Mapping[str, float]:
    """The kinds that an engine works at, and the part of its time of each: what an operation beside it runs beside."""
    work, found = trace.work, class_of(trace, position)
    own = (work.device == position) & (work.engine == engine)
    if window is not None:
        own &= window.meets(work.start_ns, work.end_ns)
    ns = np.bincount(found[own], (work.end_ns - work.start_ns)[own], minlength=len(CLASSES))
    parts: defaultdict[str, float] = defaultdict(float)
    for each, its_ns in zip(CLASSES, ns.tolist(), strict=True):
        for kind in each.likely if its_ns else ():
            parts[kind] += its_ns / ns.sum() / len(each.likely)
    return parts or dict.fromkeys(_usual(engine), 1.0)


def _usual(engine: Engine) -> tuple[str, ...]:
    """Where an engine did nothing that is known, all that it could do."""
    if engine == Engine.COMPUTE:
        return (*PRODUCTS, *MEMORY_BOUND)
    return _BY_ENGINE[engine].likely if engine in _BY_ENGINE else ()
