"""What does an operator do with each of its arguments? By its schema, and by what schemas keep to themselves."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .schema import Argument, Schema


class Role(IntEnum):
    """What an operator does with an argument."""

    READ = 0
    CHANGED = 1
    """written, and perhaps read"""
    REPLACED = 2
    """written, whatever it was"""
    CHANGED_IN_TRAINING = 3
    """written unless the argument ``training`` is false"""


_REPLACES = re.compile(
    r"aten::(_foreach_)?(copy|fill|zero|normal|uniform|random|bernoulli|exponential|geometric|cauchy|log_normal)_$"
)
"""Operators that write their first argument and do not read it. Others may read what they write."""

_UNMARKED = (
    (re.compile(r"aten::(native|cudnn|miopen)_batch_norm$"), ("running_mean", "running_var")),
    (re.compile(r"aten::batch_norm_(update|gather)_stats\w*$"), ("running_mean", "running_var")),
    (re.compile(r"aten::rrelu_with_noise_?$"), ("noise",)),
)
"""Arguments that operators write in training, though their schemas do not mark them."""

_SENT = frozenset({"input", "inputs", "input_tensor", "input_tensors"})
"""Arguments that a collective only reads. The schemas of ``c10d`` mark none as written."""


@cache
def roles(name: str, schema: Schema) -> tuple[Role, ...]:
    """Of each argument of the operator."""
    return tuple(_role(name, i, argument) for i, argument in enumerate(schema.arguments))


def _role(name: str, place: int, argument: Argument) -> Role:
    if argument.written:
        replaced = (place == 0 and _REPLACES.match(name)) or (argument.by_keyword and name.startswith("aten::"))
        return Role.REPLACED if replaced else Role.CHANGED
    if name.startswith("c10d::"):
        return Role.READ if argument.name in _SENT or name.startswith("c10d::send") else Role.CHANGED
    unmarked = any(operators.match(name) and argument.name in names for operators, names in _UNMARKED)
    return Role.CHANGED_IN_TRAINING if unmarked else Role.READ
