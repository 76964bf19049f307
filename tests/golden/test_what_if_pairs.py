"""The pairs of samples/what_if run at tiny sizes, and both cases of each leave the same results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab.what_if.pairs import pairs
from torch_once import run_all

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
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


def chosen(session):
    """The pairs that tests of this run are about."""
    own = (item for item in session.items if item.path == Path(__file__) and hasattr(item, "callspec"))
    return {item.callspec.params["pair"] for item in own if "pair" in item.callspec.params}


@pytest.fixture(scope="module")
def ended(request, tmp_path_factory):
    """How each case of each chosen pair ended, and one whose repetitions leave different results."""
    wanted = sorted(chosen(request.session), key=lambda pair: pair.name)
    folder = tmp_path_factory.mktemp("pairs")
    swapped = folder / "swapped.py"
    swapped.write_text("import sys; sys.path.append('samples/what_if')\n" + SWAPPED)
    programs = {
        (pair.name, case): [pair.script, "--case", case, "--small", "--repeats", "2"]
        for pair in wanted
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


def test_every_stage_of_a_pair_runs_without_a_gpu(tmp_path):
    lab = ["-m", "lab.what_if", "-o", str(tmp_path), "--small", "--only", "one_buffer", "--", "--repeats", "2"]
    ended = subprocess.run([sys.executable, *lab], cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "no GPU work" in ended.stdout
    [known] = [each for each in json.loads((tmp_path / "what-if.json").read_text()) if each["before"]]
    assert known["pair"] == "one_buffer"
    assert known["prediction"]["status"] == "abstained"
    assert len(known["before"]["unrecorded"]["clocks_ns"]) == len(known["after"]["clocks_ns"]) == 2
    assert known["before"]["recorded_ns"] > 0
    assert (tmp_path / "one_buffer" / "before" / "execution-trace.json.gz").exists()
    assert "weights streamed into one buffer" in (tmp_path / "what-if.md").read_text()
