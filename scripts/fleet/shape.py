"""Which ranks are on which host, and with which ranks does each call a collective?"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST_PART = 64


@dataclass(frozen=True)
class Shape:
    """A job: its ranks, of which some share a host. The seed names its GPUs and groups.

    All collectives of a step but the last are of a *part* of the ranks; the last is of all.
    """

    ranks: int
    per_host: int
    seed: int

    @property
    def hosts(self) -> int:
        return -(-self.ranks // self.per_host)

    def host(self, rank: int) -> int:
        return rank // self.per_host

    def ranks_of(self, host: int) -> range:
        return range(host * self.per_host, min((host + 1) * self.per_host, self.ranks))

    def host_name(self, host: int) -> str:
        return f"node-{host:04}"

    def uuid(self, host: int, index: int) -> str:
        """Of a GPU."""
        digits = self._digits(f"GPU {host} {index}")
        return "GPU-" + "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    @property
    def part_size(self) -> int:
        return min(-(-self.ranks // 2), _LARGEST_PART)

    @cached_property
    def groups(self) -> tuple[range, ...]:
        """The ranks of each group: of each part, and of all."""
        begins = range(0, self.ranks, self.part_size)
        return (*(range(begin, min(begin + self.part_size, self.ranks)) for begin in begins), range(self.ranks))

    def group_name(self, group: int) -> str:
        return f"0x{self._digits(f'group {group}')[:16]}"

    def calls(self, collectives: int, elsewhere: dict[int, int]) -> NDArray[np.int64]:
        """(collectives, ranks) int64: the group of each call. ``elsewhere``: of ranks that call a wrong part."""
        parts = np.arange(self.ranks, dtype=np.int64) // self.part_size
        for rank, part in elsewhere.items():
            parts[rank] = part
        everyone = np.full(self.ranks, len(self.groups) - 1, np.int64)
        return np.stack([parts] * (collectives - 1) + [everyone])

    def _digits(self, of: str) -> str:
        return hashlib.sha256(f"{self.seed} {of}".encode()).hexdigest()
