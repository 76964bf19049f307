"""Names of kernels for people: without namespaces, return types and parameters, and no two of a table alike."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from .fitting import told_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 120
"""characters of a name on a page: some kernels have thousands"""
_ANONYMOUS = re.compile(r"(\(anonymous namespace\)|<unnamed>|\{anonymous\})::")
"""A namespace without a name, as Clang, NVCC and GCC write it."""
_CAST = re.compile(r"\([\w: ]+\)(?=-?\d)")
"""The type of a number among template arguments: ``(bool)1``."""
_INNERMOST = re.compile(r"\([^()]*\)")
_LAMBDA = re.compile(r"(?:::)?\{(?:lambda|unnamed_type)#?'?(\d*)'?\}")
_CALLED = re.compile(r"::operator *(?:const)?(?=::|[<>,#]|$)")
_NAMESPACES = re.compile(r"\b(?:[A-Za-z_]\w*::)+(?=[A-Za-z_~])")
_UNSIGNED = re.compile(r"\b(\d+)(?:ul|u|l)\b")


def short_name(name: str) -> str:
    """``vectorized_elementwise_kernel<4, CUDAFunctor_add<float>, array<char*, 2>>`` of a C++ kernel.

    Names that are not those of C++ functions stay as they are.
    """
    if not name.endswith((")", ">")) or " -> " in name:
        return name
    bare = _CAST.sub("", _ANONYMOUS.sub("", name.removeprefix("void ")))
    while (without := _INNERMOST.sub("", bare)) != bare:
        bare = without
    bare = _LAMBDA.sub(r"#\1", _CALLED.sub("", bare))
    bare = _UNSIGNED.sub(r"\1", _NAMESPACES.sub("", bare)).replace(" >", ">").strip()
    return bare or name


def short_names(names: Sequence[str]) -> list[str]:
    """The same of many, in their order, at most `LONGEST` characters each.

    Of different names that look alike then, all but the first get a number.
    """
    met: dict[str, str] = {}
    often: Counter[str] = Counter()
    for name in dict.fromkeys(names):
        short = short_name(name)
        often[short] += 1
        met[name] = short if often[short] == 1 else f"{short} ({often[short]})"
    return told_apart([met[name] for name in names], LONGEST)
