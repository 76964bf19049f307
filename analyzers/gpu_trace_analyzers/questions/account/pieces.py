"""Stretches of a device's time that are cut where their reason changes, and put together again where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...columns import positions
from ...intervals import instants
from ..explained import Explained

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...intervals import Intervals
    from ...model import Int64
    from ..stretches import Stretches

_TIMES = ("start_ns", "end_ns")
_AROUND = ("during", "before", "after")


def cut_at(stretches: Stretches, at_ns: Int64) -> Stretches:
    """The same stretches, each in parts where one of the instants ``at_ns`` lies inside it.

    All parts of a stretch have what lies around the whole.
    """
    return _cut(stretches, at_ns)[0] if len(at_ns) else stretches


def clipped(stretches: Stretches, inside: Intervals) -> Stretches:
    """The parts of the stretches that lie inside some intervals."""
    parts = cut_at(stretches, np.concatenate((inside.start_ns, inside.end_ns)))
    return select(parts, inside.covers(parts.start_ns))


def restricted(found: Explained, inside: Intervals) -> Explained:
    """The same for stretches whose causes are known: each part keeps that of the whole."""
    parts, which = _cut(found.stretches, np.concatenate((inside.start_ns, inside.end_ns)))
    kept = inside.covers(parts.start_ns)
    which = which[kept]
    return Explained(select(parts, kept), found.rules, found.rule[which], found.witness[which])


def select(stretches: Stretches, which: NDArray[np.bool_] | Int64) -> Stretches:
    """Some of the stretches, or some of them several times."""
    at = positions(which)
    return replace(stretches, **{name: getattr(stretches, name)[at] for name in (*_TIMES, *_AROUND)})


def _cut(stretches: Stretches, at_ns: Int64) -> tuple[Stretches, Int64]:
    """The parts, and which stretch each of them is of: (parts,) int64."""
    cuts = instants(stretches.start_ns, stretches.end_ns, at_ns)
    # A stretch becomes the pieces between the cuts from its start to its end, which are cuts themselves.
    low, high = np.searchsorted(cuts, stretches.start_ns), np.searchsorted(cuts, stretches.end_ns)
    pieces = high - low
    which = np.repeat(np.arange(len(stretches)), pieces)
    first = np.repeat(low - (np.cumsum(pieces) - pieces), pieces) + np.arange(len(which))
    return replace(select(stretches, which), start_ns=cuts[first], end_ns=cuts[first + 1]), which


def joined(found: Explained) -> Explained:
    """The same, with one stretch for neighbors of one cause where nothing lies between them.

    It has the witness of the longest of them.
    """
    stretches, rule = found.stretches, found.rule
    if not len(stretches):
        return found
    first = np.flatnonzero(begins(found))
    last = np.append(first[1:], len(stretches)) - 1
    longest = _first_longest(stretches.ns, first)
    whole = replace(select(stretches, longest), start_ns=stretches.start_ns[first], end_ns=stretches.end_ns[last])
    return replace(
        found,
        stretches=whole,
        rule=rule[first],
        witness=found.witness[longest],
        saves_ns=np.add.reduceat(found.bound, first),
    )


def begins(found: Explained) -> NDArray[np.bool_]:
    """Which stretches do not go on with the one before, for its cause and without a gap: (n,) bool."""
    stretches, rule = found.stretches, found.rule
    new = np.ones(len(stretches), np.bool_)
    new[1:] = (stretches.start_ns[1:] != stretches.end_ns[:-1]) | (rule[1:] != rule[:-1])
    new[1:] |= stretches.during[1:] != stretches.during[:-1]
    return new


def _first_longest(ns: Int64, first: Int64) -> Int64:
    """The position of the longest of each group, of equal ones the first; ``first`` is where the groups begin."""
    sizes = np.diff(np.append(first, len(ns)))
    group = np.repeat(np.arange(len(first)), sizes)
    longest: Int64 = np.flatnonzero(ns == np.maximum.reduceat(ns, first)[group])
    return np.asarray(longest[np.diff(group[longest], prepend=-1) != 0])
