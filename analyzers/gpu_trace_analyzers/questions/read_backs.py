"""Which copies bring a value to the host, for the script to look at: ``.item()``, ``nonzero()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..model import MISSING, Engine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..model import DeviceWork

VALUE_BYTES = 16
"""The largest of PyTorch's numbers, a complex one of two doubles. More is data."""


def copies_value(work: DeviceWork) -> NDArray[np.bool_]:
    """Which rows copy no more than a value to the host: (n,) bool."""
    return np.asarray((work.engine == Engine.COPY_D2H) & (work.size != MISSING) & (work.size <= VALUE_BYTES))
