"""Why was each copy exposed, where no collective ran beside it, and what waited for it?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...vocabulary.losses import Owner
from ..causes import CPU_COPY_RULES, EXPOSED_COPY_RULES, explain
from ..once import once
from .headroom import beside_compute
from .link import COPY_BOUND
from .owners import owned
from .pieces import restricted
from .waited import waited_ns

if TYPE_CHECKING:
    from ...model import Device
    from ..explained import Explained, Rule
    from ..scope import Scope


@once
def explain_copies(scope: Scope, position: int) -> Explained:
    """Each stretch that the account counts as exposed copy, with its cause and how long anything waited for it."""
    rules = copy_rules(scope.trace.devices[position])
    found = restricted(explain(scope, position, rules), owned(scope, position)[Owner.COPY])
    return replace(found, saves_ns=waited_ns(found.stretches))


def copy_headroom_ns(scope: Scope, position: int) -> int:
    """What overlap with compute could save at most: the shorter of exposed copies and compute without any."""
    return beside_compute(scope, position, scope.copies_on(position)).headroom_ns


def copy_rules(device: Device) -> tuple[Rule, ...]:
    """Those for copies of a device, in the order in which they are asked."""
    return COPY_RULES if device.kind == "gpu" else CPU_COPY_RULES


def _before(cause: str, rule: Rule) -> tuple[Rule, ...]:
    """`EXPOSED_COPY_RULES` with one more, which is asked before that of a cause."""
    place = [known.cause for known in EXPOSED_COPY_RULES].index(cause)
    return (*EXPOSED_COPY_RULES[:place], rule, *EXPOSED_COPY_RULES[place:])


COPY_RULES: tuple[Rule, ...] = _before("same_stream", COPY_BOUND)
"""Those of exposed copies, and the limit of the link, in the order in which they are asked."""
