"""``gpu-trace whatif``: what it prints, writes, refuses, and with which exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from gpu_trace.commands.run import _prediction
from gpu_trace.commands.summary import summary
from gpu_trace.commands.whatif import whatif
from gpu_trace_analyzers.errors import GpuTraceError, TraceInconclusive, TraceUnreadable, UsageError
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.whatif.beside import asked_before
from gpu_trace_analyzers.whatif.entry import entry_of
from what_ifs import abstained, answered, before

RANGE = ("--range", "measured")


@pytest.fixture
def pair(recorded, tmp_path, monkeypatch):
    """The working folder has the recordings of a pair, before and after its change, with their execution traces."""
    for name in ("seed_nonblocking", "seed_two_streams"):
        for ending in ("json.gz", "et.json.gz"):
            shutil.copy(recorded("two_streams").parent / f"whatif/{name}.{ending}", tmp_path / f"{name}.{ending}")
    monkeypatch.chdir(tmp_path)
    return Path()


@pytest.fixture
def without_dependencies(pair):
    """The recording before the change, without its execution trace."""
    (pair / "seed_nonblocking.et.json.gz").rename("elsewhere.gz")
    return pair / "seed_nonblocking.json.gz"


def run(*arguments, exit_code=0):
    result = CliRunner().invoke(whatif, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result


def refused(error, *arguments):
    with pytest.raises(error) as told:
        CliRunner().invoke(
            whatif, [str(argument) for argument in arguments], catch_exceptions=False, standalone_mode=False
        )
    return str(told.value)


def entries(path):
    return json.loads(path.read_text())["entries"]


def test_it_prints_the_time_and_what_to_change_and_stores_both(pair):
    result = run(pair / "seed_nonblocking.json.gz", *RANGE, "--unrecorded", "189.24ms")
    assert "this run took 189.2 ms; its own dependencies allow 132." in result.stdout
    assert "50 × Memcpy DtoH (Device -> Pinned) leave stream 7" in result.stdout
    (entry,) = entries(pair / "seed_nonblocking.whatif.json")
    assert (entry["range"], entry["status"], entry["unrecorded_ns"]) == ("measured", "answered", 189_240_000)
    assert f"wrote {pair / 'seed_nonblocking.whatif.json'}\n" in result.stderr


def test_json_is_one_entry_with_its_schema(pair):
    found = json.loads(run(pair / "seed_nonblocking.json.gz", *RANGE, "--json").stdout)
    assert (found["schema"], found["path"]) == ("gpu-trace.whatif/1", str(pair / "seed_nonblocking.json.gz"))
    assert {"schema": found["schema"], "entries": [without(found, "schema", "path")]} == json.loads(
        (pair / "seed_nonblocking.whatif.json").read_text()
    )


def without(document, *keys):
    return {key: value for key, value in document.items() if key not in keys}


def test_each_window_has_its_entry(pair):
    trace = pair / "seed_nonblocking.json.gz"
    run(trace, *RANGE)
    run(trace)
    run(trace, *RANGE, "--unrecorded", "189.24ms")
    assert [(each["range"], each["unrecorded_ns"]) for each in entries(pair / "seed_nonblocking.whatif.json")] == [
        (None, None),
        ("measured", 189_240_000),
    ]


def test_a_later_run_is_compared_with_the_stored_prediction(pair):
    trace, after = pair / "seed_nonblocking.json.gz", pair / "seed_two_streams.json.gz"
    run(trace, *RANGE)
    stored = pair / "seed_nonblocking.whatif.json"
    # What is read is what was written, and not what would be predicted now.
    document = json.loads(stored.read_text())
    document["entries"][0]["expected"]["predicted_ns"] = 140_000_000
    stored.write_text(json.dumps(document))
    result = run(trace, *RANGE, "--verify", after)
    assert result.stdout.startswith(
        "predicted 140.0 ms; seed_two_streams.json.gz took 132.5 ms recorded: 5.6 % too long\n"
    )
    (entry,) = entries(stored)
    assert entry["verified"]["after"] == str(after)
    assert entry["verified"]["measured_ns"] == 132_524_388
    assert entry["expected"]["predicted_ns"] == 140_000_000


def test_a_clock_is_compared_too(pair):
    trace = pair / "seed_nonblocking.json.gz"
    run(trace, *RANGE, "--unrecorded", "189.24ms")
    found = json.loads(run(trace, *RANGE, "--verify", "132.406ms", "--json").stdout)["verified"]
    assert (found["measured_by"], found["measured_ns"], found["spent"]) == ("clock", 132_406_000, None)
    assert found["gain_error"] < 0.01 < found["naive_gain_error"]


def test_what_was_not_predicted_cannot_be_verified(pair):
    trace = pair / "seed_nonblocking.json.gz"
    said = refused(UsageError, trace, *RANGE, "--verify", "1ms")
    assert said == (
        f"{pair / 'seed_nonblocking.whatif.json'}: has no prediction for --range measured; "
        f"run gpu-trace whatif {trace} --range measured first, without --verify"
    )
    assert "has no prediction for the steady steps; run gpu-trace whatif" in refused(
        UsageError, trace, "--verify", "1s"
    )
    assert not (pair / "seed_nonblocking.whatif.json").exists()


def test_a_prediction_of_another_recording_is_not_verified(pair):
    trace = pair / "seed_nonblocking.json.gz"
    run(trace, *RANGE)
    shutil.copy(pair / "seed_two_streams.json.gz", trace)
    was = (place := pair / "seed_nonblocking.whatif.json").read_bytes()
    for after in (pair / "seed_two_streams.json.gz", "132.4ms"):
        assert refused(UsageError, trace, *RANGE, "--verify", after) == (
            f"{trace}: is another recording than the one that was predicted: measured has other times; "
            "predict it again, without --verify"
        )
    assert place.read_bytes() == was


def test_without_dependencies_there_are_bound_and_replay_alone(without_dependencies):
    result = run(without_dependencies, *RANGE, exit_code=4)
    assert "took 189.4 ms; no prediction: there is no execution trace" in result.stdout
    assert "replay of the recorded order: 189.3 ms" in result.stdout
    assert "no schedule takes less than 130.9 ms" in result.stdout
    (entry,) = entries(without_dependencies.with_name("seed_nonblocking.whatif.json"))
    assert (entry["status"], entry["expected"], entry["bound"]["busiest"]) == ("abstained", None, "compute")


def test_no_prediction_cannot_be_verified(without_dependencies):
    run(without_dependencies, *RANGE, exit_code=4)
    said = refused(TraceInconclusive, without_dependencies, *RANGE, "--verify", "1ms")
    assert "seed_nonblocking.whatif.json: has no prediction to verify, because there is no execution trace" in said


def test_the_execution_trace_may_be_elsewhere(without_dependencies):
    trace = without_dependencies
    run(trace, *RANGE, "--execution-trace", "elsewhere.gz")
    said = refused(TraceUnreadable, trace, "--execution-trace", "no-such-file")
    assert said == "no-such-file: cannot be read (No such file or directory); check the name"
    assert "execution trace" in refused(TraceUnreadable, trace, "--execution-trace", trace)


def test_what_shows_a_stored_prediction_asks_as_it_was_asked(without_dependencies, monkeypatch):
    trace = without_dependencies.absolute()
    run(trace, *RANGE, "--execution-trace", "elsewhere.gz", "--unrecorded", "189.24ms")
    (stored,) = entries(trace.with_name("seed_nonblocking.whatif.json"))
    named = stored.pop("execution_trace")
    assert named == str(Path("elsewhere.gz").absolute())
    monkeypatch.chdir("/")
    loaded = load(trace, operators=True)
    again = entry_of(asked_before(loaded, trace), loaded)
    assert json.loads(msgspec.json.encode(again)) == stored | {"execution_trace": ""}
    Path(named).unlink()
    assert asked_before(loaded, trace) is None


def test_in_a_run_folder_it_is_beside_the_trace(pair):
    folder = Path("run")
    folder.mkdir()
    (folder / "run.json").write_text('{"schema": "gpu-trace.run/1"}')
    (pair / "seed_nonblocking.json.gz").rename(folder / "trace.json.gz")
    (pair / "seed_nonblocking.et.json.gz").rename(folder / "execution-trace.json.gz")
    assert "allow 132." in run(folder, *RANGE).stdout
    assert "allow 132." in run(folder / "trace.json.gz", *RANGE).stdout
    assert len(entries(folder / "whatif.json")) == 1


def test_the_schedule_is_written_as_page_and_as_trace(pair):
    page, trace = pair / "page.html", pair / "out.pftrace"
    result = run(pair / "seed_nonblocking.json.gz", *RANGE, "--html", page, "--trace", trace)
    assert "<h2>What if</h2>" in page.read_text()
    assert "fix saves about 56." in page.read_text()
    assert b"Predicted: critical path" in trace.read_bytes()
    assert f"wrote {page}\n" in result.stderr
    assert f"wrote {trace}\n" in result.stderr


def test_files_that_cannot_be_written_are_refused_before_the_work(pair):
    trace = pair / "seed_nonblocking.json.gz"
    assert "is the input trace" in refused(UsageError, trace, "--html", trace)
    assert run(trace, "--trace", "out.json", exit_code=2).stderr.endswith("must end in .pftrace, .pftrace.gz\n")
    said = run(trace, *RANGE, "--verify", "1ms", "--html", "out.html", exit_code=2).stderr
    assert "--verify reads a stored prediction" in said


@pytest.mark.parametrize("execution_trace", [(), ("--execution-trace", "elsewhere.gz")])
def test_nothing_is_written_over_what_a_prediction_reads_or_stores(pair, execution_trace):
    trace, beside = pair / "seed_nonblocking.json.gz", pair / "seed_nonblocking.et.json.gz"
    if execution_trace:
        beside = beside.rename("elsewhere.gz")
    was = beside.read_bytes()
    assert refused(UsageError, trace, *execution_trace, "--html", beside).startswith(f"{beside}: is the input")
    assert beside.read_bytes() == was
    place = pair / "seed_nonblocking.whatif.json"
    assert refused(UsageError, trace, *execution_trace, "--html", place).startswith(f"{place}: is where")
    both = refused(UsageError, trace, *execution_trace, "--html", "a.pftrace", "--trace", "a.pftrace")
    assert both == "a.pftrace: is named for --html and for --trace; choose another file for one of them"
    assert sorted(pair.glob("*.pftrace")) == []


def test_a_damaged_file_of_predictions_is_refused_before_the_work(pair):
    (pair / "seed_nonblocking.whatif.json").write_text("{")
    result = CliRunner().invoke(whatif, [str(pair / "seed_nonblocking.json.gz"), *RANGE])
    assert isinstance(result.exception, TraceUnreadable)
    assert result.stdout == ""


def test_no_run_takes_no_time(pair):
    trace = pair / "seed_nonblocking.json.gz"
    for option in ("--unrecorded", "--verify"):
        assert "'0ms' cannot be the time of a run" in run(trace, *RANGE, option, "0ms", exit_code=2).stderr


def test_a_range_that_is_not_there_is_refused(pair):
    said = refused(UsageError, pair / "seed_nonblocking.json.gz", "--range", "epoch")
    assert "no range is called 'epoch'" in said


def test_a_name_that_is_neither_file_nor_time_is_said_to_be_no_trace(pair):
    trace = pair / "seed_nonblocking.json.gz"
    run(trace, *RANGE)
    assert "after.json" in refused(GpuTraceError, trace, *RANGE, "--verify", pair / "after.json")
    assert "'3' has no unit" in run(trace, *RANGE, "--verify", "3", exit_code=2).stderr


def test_the_summary_says_what_a_fix_saves_as_it_was_predicted(pair):
    trace = pair / "seed_nonblocking.json.gz"
    assert "same stream as compute (fix saves up to 58.0 ms)" in " ".join(summarized(trace).stdout.split())
    run(trace, *RANGE, "--unrecorded", "189.24ms")
    words = " ".join(summarized(trace).stdout.split())
    assert "same stream as compute (fix saves about 56." in words
    loss = json.loads(summarized("--json", trace).stdout)["account"]["devices"][0]["losses"][0]
    assert (loss["cause"], loss["about_ns"] // 10**6) == ("same_stream", 56)


def test_a_damaged_prediction_costs_the_summary_its_prices_alone(pair):
    (pair / "seed_nonblocking.whatif.json").write_text("{")
    result = summarized(pair / "seed_nonblocking.json.gz")
    assert "fix saves up to 58.0 ms" in " ".join(result.stdout.split())
    assert result.stderr.startswith("gpu-trace: seed_nonblocking.whatif.json: has no predictions of gpu-trace")


def summarized(*arguments):
    result = CliRunner().invoke(summary, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result


def test_what_saves_next_to_nothing_is_no_remedy_and_is_stored_as_that(pair):
    run(pair / "seed_two_streams.json.gz", *RANGE)
    (entry,) = entries(pair / "seed_two_streams.whatif.json")
    assert entry["remedies"] == []
    assert {"same_stream", "synchronized"} <= set(entry["vain"])


def test_a_run_ends_with_its_prediction_in_a_line():
    took = "measured: this run took 132.0 ms; "
    line = _prediction(entry_of(answered(), before()))
    allowed = "its own dependencies allow 112.0 ms (between 111.0 ms and 114.0 ms)"
    assert line == f"{took}{allowed}; gpu-trace whatif says what to change"
    assert _prediction(entry_of(abstained(reason="it is so"), before())) == f"{took}no prediction: it is so"
