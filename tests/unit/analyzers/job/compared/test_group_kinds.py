"""Process groups of one kind."""

import pytest

from gpu_trace_analyzers.job.compared.group_kinds import Kind, group_kinds

from ..jobs import job


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (Kind(64, 1), "all 64 ranks"),
        (Kind(8, 1), "8 groups of 8 neighboring ranks"),
        (Kind(8, 8), "8 groups of 8 ranks, 8 apart"),
        (Kind(3, 0), "8 groups of 3 ranks"),
    ],
)
def test_a_kind_is_called_after_its_size_and_spacing(kind, title):
    assert kind.title(8, 64) == title


def test_groups_of_equal_size_and_spacing_are_of_one_kind():
    groups = {"tp0": [0, 1], "tp1": [2, 3], "dp0": [0, 2], "dp1": [1, 3], "all": [0, 1, 2, 3]}
    rows = [(name, 0, rank, 0, 1) for name, ranks in groups.items() for rank in ranks]
    of = job(["node1"] * 4, rows, groups)
    found = group_kinds(of.kept)
    assert list(found.kinds) == [Kind(2, 1), Kind(2, 2), Kind(4, 1)]
    kinds = {of.kept.text(code): found.kinds[position] for code, position in found.of_group.items()}
    assert kinds == {"tp0": Kind(2, 1), "tp1": Kind(2, 1), "dp0": Kind(2, 2), "dp1": Kind(2, 2), "all": Kind(4, 1)}
