"""Texts of a trace as codes of a part of the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...few_distinct import few_distinct
from ...model import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ...model import Int32
    from ...readers.base.building import Strings


def recoded(codes: NDArray[Any], strings: Strings, text_of: Callable[[int], str]) -> Int32:
    """(n,) int32: of each code that of its text among ``strings``, which get it; `MISSING` stays."""
    found, place = few_distinct(codes)
    new = [MISSING if code == MISSING else strings[text_of(code)] for code in found.tolist()]
    return np.array(new, np.int32)[place]
