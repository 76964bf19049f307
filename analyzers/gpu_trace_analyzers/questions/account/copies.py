"""Why was each copy exposed, where no collective ran beside it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..causes import explain
from ..once import once
from .owners import Owner, owned
from .pieces import restricted

if TYPE_CHECKING:
    from ..explained import Explained
    from ..scope import Scope


@once
def explain_copies(scope: Scope, position: int) -> Explained:
    """Each stretch that the account counts as exposed copy, with the cause that `explain` finds for the whole."""
    return restricted(explain(scope, position), owned(scope, position)[Owner.COPY])
