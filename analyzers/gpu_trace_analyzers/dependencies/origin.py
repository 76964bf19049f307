"""What did operators of the host make of results of a device, step by step, until a device reads it again?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True, eq=False)
class Origin:
    """One operator of the host, and what it made its results of."""

    began_ns: int
    rows: frozenset[int]
    """operations of a device whose results it read"""
    earlier: list[Origin] = field(default_factory=list)
    """of what else it read"""
    followed: bool = False

    def follow(self) -> Iterator[Origin]:
        """It and all behind it, without those that were followed before."""
        ahead = [self]
        while ahead:
            origin = ahead.pop()
            if not origin.followed:
                origin.followed = True
                ahead += origin.earlier
                yield origin
