"""The stages of a pair: what each runs, what it leaves, and that no prediction comes after the fact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.what_if import stages
from lab.what_if.measured import Clocks, Expected, Prediction, busiest_ns
from lab.what_if.pairs import Pair, pairs

ROOT = Path(__file__).parents[4]
PAIR = Pair("products", "in turns", "side stream")
SUMMARY = {
    "devices": [
        {"label": "GPU 0 (NVIDIA H200)", "engines": {"compute": {"busy_ns": 130}, "copy_d2h": {"busy_ns": 58}}},
        {"label": "GPU 1 (NVIDIA H200)", "engines": {"copy_p2p": {"busy_ns": 7}}},
    ]
}
DOCUMENT = """{
 "schema": "gpu-trace.whatif/1",
 "path": "runs/before",
 "range": "measured",
 "status": "answered",
 "reason": "",
 "window": {"name": "measured", "start_ns": 1000, "end_ns": 190300, "operations": 100},
 "recorded_ns": 189300,
 "unrecorded_ns": null,
 "replay_ns": 189100,
 "naive_ns": 130,
 "expected": {"predicted_ns": 132, "low_ns": 131, "high_ns": 134, "extra_bytes": 0, "in_used_memory_ns": null},
 "bound": {"predicted_ns": 131, "busiest": "compute", "busiest_ns": 131, "chain_ns": 4, "chain": {"compute": 4}},
 "unknown_dependency_share": 0.0,
 "remedies": [
  {"id": "side_stream", "cause": "same_stream", "predicted_ns": 132, "gain_ns": 57, "error_ns": 1, "extra_bytes": 0}
 ]
}
"""


class Machine:
    """Stands in for the processes: it notes what is run, and prints what the programs print."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.clocks = {"before": [189, 190, 188], "after": [132, 134, 131]}
        self.predicted = DOCUMENT, ""
        self.results = {"before": "5eed", "after": "5eed", "before recorded": "5eed"}

    def answer(self, *command: str, refused: int) -> tuple[str, str]:
        self.commands.append(command)
        return self.predicted

    def output(self, *command: str) -> str:
        self.commands.append(command)
        if "--verify" in command:
            return "134 ms measured\n"
        case, recorded = command[command.index("--case") + 1], "gpu_trace" in command
        if recorded:
            folder = Path(command[command.index("-o") + 1])
            folder.mkdir(exist_ok=True)
            (folder / "summary.json").write_text(json.dumps(SUMMARY))
        checksum = self.results.get(f"{case} recorded", self.results[case]) if recorded else self.results[case]
        clocks = [self.clocks[case][0] + 1] if recorded else self.clocks[case]
        return json.dumps({"case": case, "clocks_ns": clocks, "checksum": checksum}) + "\n"


@pytest.fixture
def machine(monkeypatch):
    found = Machine()
    monkeypatch.setattr(stages, "output", found.output)
    monkeypatch.setattr(stages, "answer", found.answer)
    return found


def run(folder: Path, *names: str) -> None:
    for name in names:
        stages.STAGES[name](PAIR, folder, ["--small"])


def test_a_pair_is_timed_and_recorded_before_predicted_and_then_timed_after(machine, tmp_path):
    run(tmp_path, *stages.STAGES)
    script = ("samples/what_if/products.py", "--case", "before", "--small")
    record = ("-m", "gpu_trace", "run", "-q", "--force", "-o", f"{tmp_path}/before")
    assert machine.commands[:3] == [
        script,
        (*record, "--range", "measured", "--dependencies", *script, "--repeats", "1"),
        ("-m", "gpu_trace", "whatif", f"{tmp_path}/before", "--range", "measured", "--unrecorded", "189ns", "--json"),
    ]
    assert machine.commands[-1][2:] == (
        "whatif", f"{tmp_path}/before", "--range", "measured", "--verify", "132ns",
    )  # fmt: skip


def test_what_is_known_is_what_the_programs_printed(machine, tmp_path):
    run(tmp_path, *stages.STAGES)
    found = stages.outcome(PAIR, tmp_path)
    assert found.before is not None
    assert found.after is not None
    assert found.before.unrecorded == Clocks("before", [189, 190, 188], "5eed")
    assert found.before.unrecorded.median_ns == 189
    assert found.before.unrecorded.spread_ns == 1
    assert (found.before.recorded_ns, found.before.busiest_ns) == (190, 130)
    assert found.before.machine["devices"] == "GPU 0 (NVIDIA H200), GPU 1 (NVIDIA H200)"
    assert found.prediction == Prediction("gpu-trace.whatif/1", "answered", "", 189300, 189100, Expected(132, 131, 134))
    assert found.after.median_ns == 132
    assert (tmp_path / "prediction.json").read_text() == DOCUMENT
    assert (tmp_path / "verified.txt").read_text() == "134 ms measured\n"


def test_the_time_after_is_not_measured_before_it_is_predicted(machine, tmp_path):
    run(tmp_path, "before")
    with pytest.raises(stages.Skipped, match="not predicted"):
        run(tmp_path, "after")
    assert not (tmp_path / "after.json").exists()


def test_nothing_is_predicted_whose_outcome_is_known(machine, tmp_path):
    with pytest.raises(stages.Skipped, match="not measured before"):
        run(tmp_path, "predict")
    run(tmp_path, *stages.STAGES)
    with pytest.raises(stages.Skipped, match="can no longer be predicted"):
        run(tmp_path, "predict")


def test_measuring_before_anew_forgets_what_followed_from_it(machine, tmp_path):
    run(tmp_path, *stages.STAGES)
    run(tmp_path, "before")
    found = stages.outcome(PAIR, tmp_path)
    assert found.before
    assert (found.prediction, found.after) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "said"), [("after", "after the change are not those"), ("before recorded", "others when it is recorded")]
)
def test_other_results_are_no_outcome(machine, tmp_path, wrong, said):
    machine.results[wrong] = "bad"
    with pytest.raises(stages.WrongResults, match=said):
        run(tmp_path, *stages.STAGES)
    assert not (tmp_path / "after.json").exists()


def test_a_script_that_cannot_run_here_is_skipped(monkeypatch, tmp_path):
    monkeypatch.setattr(stages, "output", lambda *_: '{"case": "before", "needs": "2 GPUs"}\n')
    with pytest.raises(stages.Skipped, match="it needs 2 GPUs"):
        run(tmp_path, "before")


ABSTAINED = json.dumps(json.loads(DOCUMENT) | {"status": "abstained", "reason": "a graph", "expected": None})


@pytest.mark.parametrize(
    ("printed", "errors", "reason"),
    [
        (ABSTAINED, "", "a graph"),
        ("", "gpu-trace: measured launched no GPU work\n", "gpu-trace: measured launched no GPU work"),
    ],
)
def test_after_an_abstention_the_time_is_measured_but_nothing_is_verified(machine, tmp_path, printed, errors, reason):
    machine.predicted = printed, errors
    run(tmp_path, *stages.STAGES)
    found = stages.outcome(PAIR, tmp_path)
    assert found.prediction is not None
    assert (found.prediction.reason, found.prediction.expected) == (reason, None)
    assert found.after
    assert not (tmp_path / "verified.txt").exists()


def test_nothing_is_busy_where_there_is_no_device():
    assert busiest_ns(b'{"devices": []}') == 0


def test_every_pair_has_a_script_of_its_name_and_every_script_is_a_pair():
    shared = {"classifier", "piecewise", "repetitions", "streams"}
    scripts = {path.stem for path in (ROOT / "samples/what_if").glob("*.py")} - shared
    assert {pair.name for pair in pairs()} == scripts
