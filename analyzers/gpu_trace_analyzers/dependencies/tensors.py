"""Which bytes of which storage does a tensor have?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .execution_trace import Values

EVERYWHERE = 1 << 62
"""The end of a part of a storage that may be all of it."""
MOST_IN_A_LIST = 4096
"""So many tensors of a list an execution trace has at most."""


class Extent(NamedTuple):
    """From the first to the last byte of a tensor, half-open. A view that is spaced out has the bytes between, too."""

    storage: int
    begin: int
    end: int
    dense: bool
    """whether it has all of these bytes"""
    device: str
    """``cuda:0``, ``cpu``"""
    tensor: int


class Opaque(Exception):
    """A tensor whose memory an execution trace does not tell, such as a sparse one."""


def extents(values: Values) -> list[list[Extent]]:
    """For each argument, its tensors that have any bytes; raises `Opaque` where one's memory is not told."""
    strides = values.strides or [None] * len(values.values)
    return [
        list(_tensors(value, shape, stride)) if "Tensor" in kind else []
        for value, kind, shape, stride in zip(values.values, values.types, values.shapes, strides, strict=True)
    ]


def _tensors(value: Any, shape: Any, stride: Any) -> Iterator[Extent]:
    """A tensor, or those of a list or tuple, however deep."""
    if not isinstance(value, list):
        return
    if len(value) == 6 and isinstance(value[5], str) and isinstance(value[0], int):
        found = _extent(value, shape, stride)
        if found:
            yield found
        return
    if len(value) > MOST_IN_A_LIST:
        raise Opaque
    for i, one in enumerate(value):
        yield from _tensors(one, shape[i] if i < len(shape) else [], None if stride is None else stride[i])


def _extent(value: list[Any], shape: list[int], strides: list[int] | None) -> Extent | None:
    tensor, storage, offset, elements, itemsize, device = value
    if not storage and shape:
        raise Opaque
    if not elements or not storage or device == "meta":
        return None
    if strides is None or len(strides) != len(shape):
        return Extent(storage, 0, EVERYWHERE, False, device, tensor)
    last = sum((count - 1) * stride for count, stride in zip(shape, strides, strict=True))
    begin = offset * itemsize
    return Extent(storage, begin, begin + (last + 1) * itemsize, _dense(shape, strides), device, tensor)


def _dense(shape: list[int], strides: list[int]) -> bool:
    """Whether no element between the first and the last is left out."""
    reached = 0
    for stride, count in sorted(zip(strides, shape, strict=True)):
        if count > 1 and stride > reached + 1:
            return False
        reached += (count - 1) * stride
    return True
