"""Which bytes of which storage does a tensor have?"""

from __future__ import annotations

from enum import Enum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

EVERYWHERE = 1 << 62
"""The end of a part of a storage that may be all of it."""
MOST_IN_A_LIST = 4096
"""So many members of a list an execution trace has; what a longer one goes on with is cut off."""
_HIDING = ("Object", "GenericDict", "Blob", "Capsule", "Future")
"""Types of objects that may have tensors."""


class Values(msgspec.Struct, gc=False):
    """The arguments of an operator, or its results: four lists of one length."""

    values: list[Any]
    shapes: list[Any]
    types: list[str]
    strides: list[Any] = []
    """empty in files of schema 1.0, which does not say them"""


class Extent(NamedTuple):
    """From the first to the last byte of a tensor, half-open. A view that is spaced out has the bytes between, too."""

    storage: int
    begin: int
    end: int
    dense: bool
    """whether it has all of these bytes"""
    device: str
    """``cuda:0``, ``cpu``"""


class Opaque(Exception):
    """Memory that an execution trace does not tell, such as that of a sparse tensor, or in a form of its own."""


class _Kind(Enum):
    """What an argument has of tensors, by its type."""

    NONE = 0
    ONE = 1
    SEVERAL = 2


def extents(values: Values) -> list[list[Extent]]:
    """For each argument, its tensors that have any bytes; raises `Opaque` where the memory of one is not told."""
    found: list[list[Extent]] = []
    strides: Sequence[Any] = values.strides or [None] * len(values.values)
    if not len(values.values) == len(values.types) == len(values.shapes) == len(strides):
        raise Opaque
    for value, text, shape, stride in zip(values.values, values.types, values.shapes, strides, strict=True):
        kind = _kind(text)
        if kind is _Kind.NONE:
            found.append([])
        elif kind is _Kind.ONE:
            found.append(_extent(value, text, shape, stride))
        else:
            found.append([extent for one in _members(value, text, shape, stride) for extent in one])
    return found


def may_hide_tensors(values: Values) -> bool:
    """Whether any argument is an object, which can have tensors of which nothing is told."""
    return any(_hides(text) for text in values.types)


@cache
def _kind(text: str) -> _Kind:
    """Of a type like ``Int``, ``Tensor(float)``, ``GenericList[Tensor(float),None]``."""
    if text.startswith("Tensor("):
        return _Kind.ONE
    return _Kind.SEVERAL if "Tensor(" in text else _Kind.NONE


@cache
def _hides(text: str) -> bool:
    return any(word in text for word in _HIDING)


def _members(value: Any, text: str, shape: Sequence[Any], stride: Sequence[Any] | None) -> Iterator[list[Extent]]:
    """The tensors in a list or a tuple, however deep."""
    if not isinstance(value, list):
        return
    if len(value) == 6 and isinstance(value[5], str) and isinstance(value[4], int):
        yield _extent(value, text, shape, stride)
        return
    if len(value) > MOST_IN_A_LIST or len(shape) != len(value) or (stride is not None and len(stride) != len(value)):
        raise Opaque
    for i, one in enumerate(value):
        yield from _members(one, text, shape[i], None if stride is None else stride[i])


def _extent(value: Any, text: str, shape: Sequence[int], strides: Sequence[int] | None) -> list[Extent]:
    if not isinstance(value, list) or len(value) != 6:
        raise Opaque
    _, storage, offset, elements, itemsize, device = value
    if not storage and "uninitialized" not in text:
        raise Opaque
    if not elements or device == "meta":
        return []
    if strides is None or len(strides) != len(shape):
        return [Extent(storage, 0, EVERYWHERE, False, device)]
    reach, dense = _reach(tuple(shape), tuple(strides))
    begin = offset * itemsize
    return [Extent(storage, begin, begin + reach * itemsize, dense, device)]


@lru_cache(maxsize=1 << 16)
def _reach(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, bool]:
    """How many elements there are from the first to the last one, and whether the tensor has all of these."""
    reached, dense = 1, True
    for stride, count in sorted(zip(strides, shape, strict=True)):
        dense &= count == 1 or stride <= reached
        reached += (count - 1) * stride
    return reached, dense
