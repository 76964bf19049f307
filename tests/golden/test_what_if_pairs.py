"""The pairs of samples/what_if run at tiny sizes, and both cases of each leave the same results."""

from __future__ import annotations

import json

import pytest

from lab.what_if.pairs import pairs
from torch_once import run_all

pytestmark = pytest.mark.slow
SWAPPED = """
import json, sys
import repetitions
measured = []
class Work:
    def reset(self): self.number = len(measured)
    def results(self): return [repetitions.torch.tensor([float(self.number)])]
def prepare(small): return Work()
sys.argv[1:] = ["--case", "before", "--repeats", "2"]
repetitions.main("", prepare, {"before": lambda work: measured.append(work.number)})
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """How each case of each pair ended, and one whose repetitions leave different results."""
    folder = tmp_path_factory.mktemp("pairs")
    swapped = folder / "swapped.py"
    swapped.write_text("import sys; sys.path.append('samples/what_if')\n" + SWAPPED)
    programs = {
        (pair.name, case): [pair.script, "--case", case, "--small", "--repeats", "2"]
        for pair in pairs()
        for case in ("before", "after")
    }
    programs["swapped", "before"] = [str(swapped)]
    return dict(zip(programs, run_all(folder, [*programs.values()]), strict=True))


@pytest.mark.parametrize("pair", [pair for pair in pairs() if pair.gpus == 1], ids=lambda pair: pair.name)
def test_both_cases_leave_the_same_results(pair, ended):
    printed = {}
    for case in ("before", "after"):
        assert ended[pair.name, case].codes == [0], ended[pair.name, case].stderr
        printed[case] = json.loads(ended[pair.name, case].stdout)
        assert printed[case]["case"] == case
        assert len(printed[case]["clocks_ns"]) == 2
    assert printed["before"]["checksum"] == printed["after"]["checksum"]


@pytest.mark.parametrize("pair", [pair for pair in pairs() if pair.gpus > 1], ids=lambda pair: pair.name)
def test_a_pair_for_several_gpus_says_that_it_needs_them(pair, ended):
    printed = [json.loads(ended[pair.name, case].stdout) for case in ("before", "after")]
    assert printed == [{"case": case, "needs": "2 GPUs"} for case in ("before", "after")]


def test_repetitions_that_leave_different_results_are_an_error(ended):
    assert ended["swapped", "before"].codes == [1]
    assert ended["swapped", "before"].stdout == ""
