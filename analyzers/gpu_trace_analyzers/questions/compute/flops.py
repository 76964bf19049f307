"""How many floating-point operations does an operator need? From the shapes of its arguments, as PyTorch records them.

A multiplication and an addition are two operations. The formulas are those of ``torch.utils.flop_counter``, with two
differences: of causal attention only the pairs of query and key count that the mask leaves, where that module counts
all; and the gradient of a grouped convolution's weight counts as many as its forward pass.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from .kernels import Kind, Precision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Shape = list[int]


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of one call of an operator: a shape for each tensor, a text for each other value."""

    shapes: Sequence[Any]
    values: Sequence[str]

    def shape(self, place: int, dimensions: int | None = None) -> Shape:
        """The shape of a tensor. Raises ``ValueError`` for what is none, or has another number of dimensions."""
        found = self.shapes[place]
        if not found or not all(type(size) is int for size in found) or dimensions not in (None, len(found)):
            raise ValueError(f"argument {place} has the shape {found}")
        return list(found)

    def flag(self, place: int) -> bool:
        """A truth value. Raises ``ValueError`` where it was not recorded."""
        return {"True": True, "False": False}[self.values[place]]

    def numbers(self, place: int) -> list[int]:
        """A list such as ``[1, 2]``. Raises ``ValueError`` where it was not recorded."""
        found = json.loads(self.values[place])
        if not isinstance(found, list):
            raise TypeError(f"argument {place} is {found}")
        return [int(number) for number in found]


@dataclass(frozen=True, slots=True)
class Formula:
    """The operations of one operator, what it computes, and which of its tensors has the type that is multiplied."""

    kind: Kind
    flops: Callable[[Arguments], int]
    operand: int = 0


def _product(a: int, b: int) -> Formula:
    def flops(args: Arguments) -> int:
        *batch, rows, inner = args.shape(a)
        *other, same, columns = args.shape(b)
        if inner != same or batch != other:
            raise ValueError("these do not multiply")
        return 2 * prod(batch) * rows * inner * columns

    return Formula(Kind.PRODUCT, flops, a)


def _forward(args: Arguments) -> int:
    source, weight = args.shape(0), args.shape(1)
    if args.flag(6):  # transposed: each point of the input meets the whole weight
        return _convolution(source[0], source[2:], weight)
    strides, paddings, dilations = (args.numbers(place) for place in (3, 4, 5))
    target = [
        (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
        for size, kernel, stride, padding, dilation in zip(
            source[2:], weight[2:], strides, paddings, dilations, strict=True
        )
    ]
    return _convolution(source[0], target, weight)


def _convolution(batch: int, points: Shape, weight: Shape) -> int:
    """``weight`` is (out, in / groups, *kernel), or of a transposed one (in, out / groups, *kernel)."""
    return 2 * batch * prod(points) * prod(weight)


def _convolution_backward(args: Arguments) -> int:
    gradient, source, weight = (args.shape(place) for place in range(3))
    points = source[2:] if args.flag(7) else gradient[2:]
    wanted = json.loads(args.values[10].lower())  # the gradients of input, weight and bias
    return _convolution(source[0], points, weight) * (int(wanted[0]) + int(wanted[1]))


def _attention(causal: int) -> Formula:
    return Formula(Kind.ATTENTION, lambda args: _pairs(args, 0, causal) * (_depth(args, 0) + _depth(args, 2)))


def _attention_backward(causal: int) -> Formula:
    """Scores again, and four gradients: of the value, of the probabilities, of query and key."""
    return Formula(
        Kind.ATTENTION, lambda args: _pairs(args, 1, causal) * (3 * _depth(args, 1) + 2 * _depth(args, 3)), 1
    )


def _pairs(args: Arguments, query: int, causal: int) -> int:
    """Twice the pairs of a query and a key that it attends to; a causal mask begins at the first of both."""
    batch, heads, queries, _ = args.shape(query, 4)
    keys = args.shape(query + 1, 4)[2]
    attended = queries * keys
    if args.flag(causal):
        whole = max(0, queries - keys)  # the queries behind the last key attend to all of them
        rest = queries - whole
        attended = whole * keys + rest * (rest + 1) // 2
    return 2 * batch * heads * attended


def _depth(args: Arguments, place: int) -> int:
    return args.shape(place, 4)[3]


FORMULAS = {
    "aten::mm": _product(0, 1),
    "aten::addmm": _product(1, 2),
    "aten::_addmm_activation": _product(1, 2),
    "aten::bmm": _product(0, 1),
    "aten::baddbmm": _product(1, 2),
    "aten::_scaled_mm": _product(0, 1),
    "aten::_int_mm": _product(0, 1),
    "aten::convolution": Formula(Kind.CONVOLUTION, _forward),
    "aten::_convolution": Formula(Kind.CONVOLUTION, _forward),
    "aten::convolution_backward": Formula(Kind.CONVOLUTION, _convolution_backward),
    "aten::_scaled_dot_product_flash_attention": _attention(4),
    "aten::_scaled_dot_product_efficient_attention": _attention(6),
    "aten::_scaled_dot_product_cudnn_attention": _attention(6),
    "aten::_scaled_dot_product_flash_attention_backward": _attention_backward(11),
    "aten::_scaled_dot_product_efficient_attention_backward": _attention_backward(11),
    "aten::_scaled_dot_product_cudnn_attention_backward": _attention_backward(14),
}
"""By operator. ``aten::linear`` and ``aten::matmul`` call these, so what they do is counted once."""

PRECISIONS = {
    "double": Precision.FLOAT64,
    "float": Precision.FLOAT32,
    "c10::BFloat16": Precision.BFLOAT16,
    "c10::Half": Precision.FLOAT16,
    "c10::Float8_e4m3fn": Precision.FLOAT8,
    "c10::Float8_e5m2": Precision.FLOAT8,
    "signed char": Precision.INT8,
}
"""What PyTorch calls the types of tensors. For float32 the kernel decides whether that is TF32."""

_NOT_KNOWN = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError)
"""What formulas raise for nested tensors, complex numbers, values not recorded, and arguments that no call can have."""


@dataclass(frozen=True, slots=True)
class Needed:
    """What one call of an operator computes."""

    kind: Kind
    precision: Precision
    flops: int


def needed(name: str, shapes: str, types: str, values: str) -> Needed | None:
    """What a call with these arguments computes; None where no formula is known, or arguments are not recorded.

    ``shapes``, ``types`` and ``values`` are those of `HostOperators`: a list in JSON each.
    """
    formula = FORMULAS.get(name)
    if formula is None or not shapes or not types:
        return None
    try:
        args = Arguments(json.loads(shapes), json.loads(values or "[]"))
        precision = PRECISIONS[json.loads(types)[formula.operand]]
        flops = formula.flops(args)
    except _NOT_KNOWN:
        return None
    return Needed(formula.kind, precision, flops) if 0 < flops < 2**63 else None
