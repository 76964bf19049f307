"""The account of a device as slices of one track."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.vocabulary.perfetto import Argument, Category

from .columns import Picked, alike
from .names import annotation, category
from .slices import Annotation, Slices

if TYPE_CHECKING:
    from ..timeline.account import AccountRows
    from .names import Names


def account_slices(account: AccountRows, names: Names, track: int) -> Slices:
    """Each stretch, with its loss and cause where it has them."""
    spent, count = account.spent, len(account.which)
    loss, cause = (
        Picked(np.array([names.own(text) if text else MISSING for text in texts]), account.which)
        for texts in ([each.loss for each in spent], [each.cause for each in spent])
    )
    return Slices(
        account.start_ns,
        account.end_ns,
        Picked(names.each(each.name for each in spent), account.which),
        alike(track, count),
        alike(category(Category.ACCOUNT), count),
        (Annotation(annotation(Argument.LOSS), loss, True), Annotation(annotation(Argument.CAUSE), cause, True)),
    )
