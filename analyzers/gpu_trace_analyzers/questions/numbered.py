"""Which ranges are named by a count? ``iter 3`` and ``iter 4`` are one range, ``iter *``; ``layer1`` is a name.

A number counts if it follows a ``#`` or a word that counts (`_COUNTING`), and is not part of a word. In
`MANY` names a number behind any separator does. Either way the numbers of every thread rise in time, each of them once:
those of a layer or of a phase come again in each step.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from ..model import Int32, Int64, Ranges, Trace

FEW = 3
"""Names from which a counting word or a ``#`` makes them one range. Two may be the halves of something."""
MANY = 200
"""Names from which any number behind a separator does: no network has as many layers, and no table as many rows."""

PROFILER_STEP = re.compile(r"^ProfilerStep#\d+$")
"""How ``torch.profiler``'s ``step()`` names its ranges: they are one range, ``ProfilerStep#*``, from two on."""

_COUNTING = "step|iter|iteration|it|epoch|op_id|seq(?= = )"
"""Words that count; ``seq = 12, op_id = 34`` is PyTorch's (``emit_nvtx``). A ``batch=64`` may as well be a size."""
_ENDS = r"(?!\w)(?!\.\d)"
_WORD = rf"(?<![A-Za-z])(?:{_COUNTING})(?: ?[#=:] ?|[ _\[(-])"
_COUNTED = re.compile(rf"((?<![0-9])#|{_WORD})([0-9]+){_ENDS}", re.IGNORECASE)
_SEPARATED = re.compile(rf"(.*[ #=:_\[(/-])([0-9]+){_ENDS}", re.DOTALL)

_Parsed = tuple[str, tuple[int, ...]]
"""a name with ``*`` for its numbers, and these"""


@dataclass(frozen=True, slots=True)
class Numbered:
    """Which names of ranges are one range."""

    code: Mapping[int, int] = field(default_factory=dict)
    """for the code of each name that counts that of the first of its kind; of other names nothing"""
    shown: Mapping[int, str] = field(default_factory=dict)
    """the name of all of them, by that code"""

    def merged(self, names: Int32) -> Int32:
        """The codes of names, with one code for those that are one range."""
        if not self.code:
            return names
        distinct, place = np.unique(names, return_inverse=True)
        to = np.array([self.code.get(code, code) for code in distinct.tolist()], dtype=names.dtype)
        return to[place.reshape(-1)]


def numbered(trace: Trace, ranges: Ranges, apart: Collection[str] = ()) -> Numbered:
    """Find them among ``ranges``; names in ``apart`` are asked for, and stay ranges by themselves."""
    codes = [code for code in np.unique(ranges.name).tolist() if code >= 0 and trace.text(code) not in apart]
    texts = {code: text for code in codes if any(map(str.isdigit, text := trace.text(code)))}
    steps = {code: text for code, text in texts.items() if PROFILER_STEP.match(text)}
    found = _kinds(steps, _counted, 1 if np.isin(ranges.name, list(steps)).sum() > 1 else 2)
    others = {code: text for code, text in texts.items() if code not in steps}
    found |= _rising(ranges, _kinds(others, _counted, FEW))
    others = {code: text for code, text in others.items() if not any(code in members for members in found.values())}
    found |= _rising(ranges, _kinds(others, _separated, MANY))
    first = {stem: min(members) for stem, members in found.items()}
    return Numbered(
        {code: first[stem] for stem, members in found.items() for code in members},
        {first[stem]: stem for stem in found},
    )


_Kinds = dict[str, dict[int, tuple[int, ...]]]
"""by what is left of names without their numbers, the code of each name and these"""


def _kinds(texts: Mapping[int, str], parse: Callable[[str], _Parsed | None], least: int) -> _Kinds:
    kinds: defaultdict[str, dict[int, tuple[int, ...]]] = defaultdict(dict)
    for code, text in texts.items():
        if parsed := parse(text):
            kinds[parsed[0]][code] = parsed[1]
    return {stem: members for stem, members in kinds.items() if len(members) >= least}


def _counted(text: str) -> _Parsed | None:
    numbers = tuple(int(found[2]) for found in _COUNTED.finditer(text))
    return (_COUNTED.sub(r"\1*", text), numbers) if numbers else None


def _separated(text: str) -> _Parsed | None:
    """By the last number of the name alone."""
    found = _SEPARATED.match(text)
    return (f"{found[1]}*{text[found.end() :]}", (int(found[2]),)) if found else None


def _rising(ranges: Ranges, kinds: _Kinds) -> _Kinds:
    """Those of which the numbers, or the last of them, rise in every thread, and none comes twice."""
    if not kinds:
        return {}
    members = {code: (kind, value) for kind, of in enumerate(kinds.values()) for code, value in of.items()}
    rows = np.flatnonzero(np.isin(ranges.name, list(members)))
    which = [members[code] for code in ranges.name[rows].tolist()]
    kind = np.array([place for place, _ in which], dtype=np.int64)
    all_rise = _in_order(ranges, rows, kind, _ranked([value for _, value in which]))
    last_rises = _in_order(ranges, rows, kind, _ranked([value[-1:] for _, value in which]))
    return {
        stem: of for place, (stem, of) in enumerate(kinds.items()) if place not in all_rise or place not in last_rises
    }


def _ranked(values: Sequence[tuple[int, ...]]) -> Int64:
    """Numbers of any length as their place among one another."""
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return np.array([places[value] for value in values], dtype=np.int64)


def _in_order(ranges: Ranges, rows: Int64, kind: Int64, number: Int64) -> set[int]:
    """The kinds whose numbers fall, or come again, in some thread. ``rows`` are in order of their start."""
    keys = (ranges.kind[rows], ranges.domain[rows], ranges.thread[rows], ranges.process[rows], kind)
    # A stable sort keeps each thread's ranges of one kind in the order of their start: compare each with the next.
    order = np.lexsort(keys)
    same: NDArray[np.bool_] = np.ones(max(0, len(order) - 1), dtype=np.bool_)
    for key in keys:
        same &= np.diff(key[order].astype(np.int64)) == 0
    return set(kind[order][1:][same & (np.diff(number[order]) <= 0)].tolist())
