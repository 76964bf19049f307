"""The work of a summary grows with the ranks, and not with pairs of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from scripts.rank_copies import SMALL, write_ranks

if TYPE_CHECKING:
    from pathlib import Path

    from gpu_trace_analyzers.model import Trace


@pytest.fixture(scope="module")
def traces(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Trace]:
    folder = tmp_path_factory.mktemp("ranks")
    for ranks in (6, 12, 24):
        write_ranks(folder / str(ranks), ranks, SMALL)
    return {ranks: load(folder / str(ranks)) for ranks in (6, 12, 24)}


def calls_of_summary(trace: Trace) -> int:
    """How many functions are called, in Python and in C: the same each time, on any machine."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        _ = Analysis(trace).summary
    finally:
        sys.setprofile(None)
    return calls


def test_each_further_rank_calls_as_many_functions_as_the_one_before(traces):
    few, more, most = (calls_of_summary(trace) for trace in traces.values())
    # Anything done for each pair of ranks would make the second growth four times the first.
    assert (most - more) / (more - few) == pytest.approx(2, rel=0.02)


def test_copies_of_two_ranks_are_a_job_of_as_many_as_are_written(traces):
    assert [device.rank for device in traces[24].devices] == list(range(24))
    assert {process.world_size for process in traces[24].processes} == {24}


def test_a_folder_is_written_once(tmp_path: Path):
    write_ranks(tmp_path / "ranks", 2, SMALL)
    with pytest.raises(FileExistsError):
        write_ranks(tmp_path / "ranks", 2, SMALL)
