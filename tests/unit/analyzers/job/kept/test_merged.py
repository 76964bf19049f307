from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.columns import Role
from gpu_trace_analyzers.job.kept.bounds import LONGEST
from gpu_trace_analyzers.job.kept.encoding import OtherVersion, decoded, encoded
from gpu_trace_analyzers.job.kept.merged import merged
from gpu_trace_analyzers.job.kept.partial import Partial
from gpu_trace_analyzers.job.kept.tables import Lengths, Losses, Operations, Ranks, Unreadable

TEXTS = ("", "a", "b", "é", "node-10", "node-9", "no row has it")


def of_random_rows(seed: int, most: int = 6) -> Partial:
    """Every table with some rows of small numbers, so that many are equal in some columns or in all."""
    random = np.random.default_rng(seed)
    strings = tuple(random.permutation(TEXTS).tolist())

    def column(kind, name, rows):
        high = len(strings) - 1 if name in kind.columns_of(Role.TEXT) else 4
        return random.integers(-1, high, rows)

    def table(kind):
        rows = int(random.integers(0, most))
        return kind.of({name: column(kind, name, rows) for name in kind.columns()})

    return Partial.of(strings, {name: table(kind) for name, kind in Partial.table_types().items()})


@given(st.lists(st.integers(0, 1 << 20), min_size=1, max_size=4), st.data())
def test_any_split_and_order_gives_the_same_bytes(seeds, data):
    whole = encoded(merged(map(of_random_rows, seeds)))
    parts = data.draw(st.permutations(list(map(of_random_rows, seeds))))
    while len(parts) > 1:
        first = data.draw(st.integers(0, len(parts) - 1))
        behind = data.draw(st.integers(first + 1, len(parts)))
        parts[first:behind] = [merged(parts[first:behind])]
    assert encoded(merged(parts)) == whole


@given(st.integers(0, 1 << 20))
def test_what_is_encoded_is_read_back(seed):
    part = merged([of_random_rows(seed)])
    again = decoded(encoded(part))
    assert again.strings == part.strings
    for name, table in part.tables().items():
        for column in table.columns():
            assert np.array_equal(getattr(getattr(again, name), column), getattr(table, column))
            assert getattr(getattr(again, name), column).dtype == getattr(table, column).dtype


def test_numbers_of_any_size_are_encoded():
    ns = [0, 127, 128, -128, 1 << 20, -1, 1 << 40, 1_795_927_257_000_000_000]
    part = merged([Partial(("",), steps=_steps(ns))])
    assert decoded(encoded(part)).steps.start_ns.tolist() == sorted(ns)


def _steps(start_ns):
    kind = Partial.table_types()["steps"]
    return kind.of({"start_ns": start_ns, "rank": [0] * len(start_ns), "step": [0] * len(start_ns)})


def test_strings_are_sorted_and_only_those_that_a_row_has():
    part = merged([Partial(("z", "unused", "a"), unreadable=Unreadable.of({"path": [0], "problem": [2]}))])
    assert part.strings == ("a", "z")
    assert (part.text(int(part.unreadable.path[0])), part.text(int(part.unreadable.problem[0]))) == ("z", "a")


def test_a_missing_text_stays_missing():
    part = merged([Partial(("x",), ranks=Ranks.of({"rank": [1], "path": [0]}))])
    assert part.ranks.host.tolist() == [-1]
    assert part.text(-1) == ""


def test_losses_of_one_rank_owner_and_cause_are_one():
    def losses(cause, ns):
        columns = {"rank": [3], "owner": [0], "cause": [1], "ns": [ns], "at_most_ns": [ns], "count": [1]}
        return Partial(("idle", cause), losses=Losses.of(columns))

    part = merged([losses("queued", 5), losses("unknown", 7), losses("queued", 6)])
    assert [part.text(code) for code in part.losses.cause.tolist()] == ["queued", "unknown"]
    assert (part.losses.ns.tolist(), part.losses.count.tolist()) == ([11, 7], [2, 1])


def test_lengths_of_all_ranks_are_added_up():
    one = Partial(("compute",), lengths=Lengths.of({"engine": [0], "bucket": [9], "count": [2], "ns": [18]}))
    part = merged([one, one])
    assert (part.lengths.bucket.tolist(), part.lengths.count.tolist(), part.lengths.ns.tolist()) == ([9], [4], [36])


def test_the_longest_operations_of_all_stay_and_of_equals_those_of_the_lowest_rank():
    def operation(rank, ns):
        columns = {"rank": [rank], "start_ns": [0], "ns": [ns], "name": [0], "engine": [0]}
        return Partial(("x",), operations=Operations.of(columns))

    ranks = range(LONGEST + 5)
    part = merged([*(operation(rank, 5) for rank in reversed(ranks)), operation(99, 6)])
    assert part.operations.rank.tolist() == [99, *ranks[: LONGEST - 1]]


def test_nothing_is_a_part_too():
    assert encoded(merged([])) == encoded(Partial())


def test_parts_of_another_version_are_refused(monkeypatch):
    part = encoded(Partial())
    monkeypatch.setattr("gpu_trace_analyzers.job.kept.encoding._columns", lambda: ["ranks.rank"])
    with pytest.raises(OtherVersion):
        decoded(part)


def test_bytes_that_are_no_part_are_refused():
    with pytest.raises(ValueError, match="truncated"):
        decoded(encoded(Partial())[:-1])
