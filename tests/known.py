"""Dependencies by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gpu_trace_analyzers.dependencies.edges import Because, Contents, Dependencies, Edges, HostUses


def nothing_known(rows, **changed):
    """Operations that are known not to depend on each other, but for what is given."""
    nothing = np.zeros(len(rows), np.bool_)
    known = Dependencies(rows, Edges.empty(), ~nothing, Contents.empty(), nothing, HostUses.empty(), nothing)
    return replace(known, **changed)


def edges(*pairs):
    """``(before, after)``, of data that is read."""
    before, after = np.array(pairs, np.int64).reshape(-1, 2).T
    return Edges(before, after, np.full(len(pairs), Because.READS, np.int8))
