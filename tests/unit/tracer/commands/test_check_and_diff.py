from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from gpu_trace.cli import gpu_trace
from gpu_trace.commands.check import check
from gpu_trace.commands.diff import diff
from gpu_trace.commands.summary import summary
from gpu_trace.exporting.chrome import export_chrome
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.model import Doubt
from gpu_trace_analyzers.readers import load

TRACES = Path(__file__).parents[4] / "samples/traces"
SAME_STREAM, TWO_STREAMS = (str(TRACES / f"{name}.json.gz") for name in ("seed_nonblocking", "two_streams"))
BLOCKING = str(TRACES / "seed_blocking.json.gz")
NO_COPY, TRAINING = (str(TRACES / f"{name}.json.gz") for name in ("gpu1_and_gpu2", "ddp_rank1"))


def ran(command, *arguments):
    return CliRunner().invoke(command, [*arguments])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([TWO_STREAMS, "--min-overlap", "0.9"], 0),
        ([SAME_STREAM, "--min-overlap", "0.9"], 1),
        ([NO_COPY, "--min-overlap", "0.9"], 4),
        ([NO_COPY, SAME_STREAM, "--min-overlap", "0.9"], 1),
        ([TWO_STREAMS, "--max-exposed-copy", "1.2ms"], 0),
        ([TWO_STREAMS, "--max-exposed-copy", "1.1ms"], 1),
        ([TWO_STREAMS, "--max-exposed-copy", "2%"], 0),
        ([TWO_STREAMS, "--max-exposed-copy", "1.9%"], 1),
        ([TRAINING, "--max-idle", "52%"], 0),
        ([TRAINING, "--max-idle", "51%"], 1),
        ([TRAINING, "--range", "data", "--min-overlap", "0.5"], 1),
        ([TRAINING, "--range", "forward", "--min-overlap", "0.5"], 4),
        ([TRAINING, "--range", "absent", "--min-overlap", "0.5"], 4),
        ([TRAINING, "--max-exposed-collective", "100%"], 0),
        ([TRAINING, "--max-exposed-collective", "1ms"], 1),
        ([TWO_STREAMS, "--max-exposed-collective", "0%"], 0),
        ([TWO_STREAMS, "--max-loss", "idle=1%", "--max-loss", "copy=1.2ms"], 0),
        ([TWO_STREAMS, "--max-loss", "idle=1%", "--max-loss", "copy=1.1ms"], 1),
        ([TWO_STREAMS, "--max-loss", "pageable=0%"], 0),
        ([SAME_STREAM, "--max-loss", "same_stream=58ms"], 0),
        ([SAME_STREAM, "--max-loss", "same_stream=57ms"], 1),
        ([SAME_STREAM, "--max-loss", "same_stream=0%", "--range", "seed_nonblocking"], 2),
        ([TRAINING, "--min-overlap", "2"], 2),
        ([TRAINING, "--max-idle", "5"], 2),
    ],
)
def test_exit_code(arguments, code):
    assert ran(gpu_trace, "check", *arguments).exit_code == code


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (
            "idl=5%",
            "'idl' is not the name of a loss; did you mean idle? owners are collective, copy, other, idle; causes are",
        ),
        ("=5%", "'' is not the name of a loss; owners are"),
        ("idle", "'idle' has no limit; write idle=5% or idle=20ms"),
        ("", "'' has no limit; write idle=5% or idle=20ms"),
        ("idle=5", "'5' is neither a time (5ms) nor a share (10%)"),
        ("idle=", "'' is neither a time (5ms) nor a share (10%)"),
    ],
)
def test_a_limit_of_a_loss_that_cannot_be_understood_is_a_usage_error(limit, said):
    result = ran(gpu_trace, "check", "absent.json", "--max-loss", limit)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_a_loss_is_shown_with_its_share_of_the_window(tmp_path):
    out = tmp_path / "losses.xml"
    result = ran(check, SAME_STREAM, "--max-loss", "copy=5%", "--max-idle", "1ms", "--junit", str(out))
    idle, copy = result.stdout.splitlines()
    assert copy.endswith("copy loss 57.9 ms (30.7 % of the time), at most 5 % wanted")
    assert idle.endswith("idle 148.8 µs, at most 1.00 ms wanted")
    [_, case] = ElementTree.parse(out).getroot().findall("testsuite/testcase")
    assert case.get("name") == "GPU 0 (NVIDIA H200): copy loss"
    assert "30.7 %" in case.find("failure").get("message")


def test_a_loss_names_the_steps_that_it_is_of():
    of_steps, whole = (ran(check, TWO_STREAMS, "--max-loss", "copy=5%", *more).stdout for more in ([], ["--whole"]))
    assert "copy loss 1.15 ms (0.9 % of steps 0 to 49), at most 5 % wanted" in of_steps
    assert "copy loss 1.15 ms (0.9 % of the time), at most 5 % wanted" in whole


def test_a_limit_of_a_loss_applies_to_the_window_that_is_asked_for():
    arguments = [SAME_STREAM, "--max-loss", "copy=9.99ms"]
    assert [ran(check, *arguments, *window).exit_code for window in ([], ["--from", "150ms", "--to", "160ms"])] == [
        1,
        0,
    ]


@pytest.mark.parametrize("command", [["summary"], ["diff", TWO_STREAMS], ["check", "--min-overlap", "0.9"]])
def test_a_trace_that_cannot_answer_ends_every_command_with_4(command, tmp_path):
    path = tmp_path / "other.json"
    path.write_text('[{"ph": "X", "name": "a", "pid": 1, "tid": 1, "ts": 1, "dur": 1}]')
    assert ran(gpu_trace, *command, str(path)).exit_code == 4


def test_failing_figures_are_named():
    result = ran(check, SAME_STREAM, "--min-overlap", "0.9")
    assert result.stdout.startswith("FAILED")
    assert "overlap ratio 0.000, at least 0.9 wanted" in result.stdout


def test_junit_tells_failures_from_what_cannot_be_said(tmp_path):
    out = tmp_path / "overlap.xml"
    ran(check, SAME_STREAM, NO_COPY, "--min-overlap", "0.9", "--junit", str(out))
    suites = ElementTree.parse(out).getroot().findall("testsuite")
    counts = [(s.get("tests"), s.get("failures"), s.get("errors")) for s in suites]
    assert counts == [("1", "1", "0"), ("2", "0", "2")]
    assert "0.000" in suites[0].find("testcase/failure").get("message")


def test_diff_shows_what_got_hidden_and_the_cause():
    text = ran(diff, SAME_STREAM, TWO_STREAMS).stdout
    lines = {line.split("  ")[0].strip(): line for line in text.splitlines()}
    assert "0.000     0.980" in lines["overlap ratio"]
    assert "(−98.0 %)" in lines["exposed copy"]
    assert "exposed copies 30.7 % -> 0.9 %: same stream as compute gone" in text


def test_diff_has_one_account_in_its_text_and_the_causes_of_the_whole_span_in_its_document():
    lines = ran(diff, SAME_STREAM, TWO_STREAMS).stdout.splitlines()
    assert not [line for line in lines if line.startswith(("  exposed: ", "  idle: "))]
    document = json.loads(ran(diff, SAME_STREAM, TWO_STREAMS, "--json").stdout)
    assert "same stream as compute" in document["exposed"][0]["changes"]


def test_diff_of_a_trace_with_itself_changes_nothing():
    text = ran(diff, TRAINING, TRAINING).stdout
    assert "%)" not in text
    assert "only before" not in text


def test_diff_says_which_side_is_in_doubt(tmp_path):
    trace = load(SAME_STREAM)
    doubts = (Doubt(0, "begins before its launch", 3),)
    export_chrome(Analysis(replace(trace, source=replace(trace.source, doubts=doubts))), tmp_path / "doubtful.json")
    result = ran(diff, str(tmp_path / "doubtful.json"), TWO_STREAMS)
    sentence = "the figures of GPU 0 (NVIDIA H200) are in doubt: 3 × begins before its launch"
    assert (result.exit_code, [line.strip() for line in result.stdout.splitlines()].count(sentence)) == (0, 1)
    assert result.stdout.index(sentence) < result.stdout.index("after ")
    found = json.loads(ran(diff, "--json", TWO_STREAMS, str(tmp_path / "doubtful.json")).stdout)["in_doubt"]
    assert found == {"before": {}, "after": {"GPU 0 (NVIDIA H200)": {"begins before its launch": 3}}}


def test_a_window_clips_what_it_cuts():
    whole = ran(summary, SAME_STREAM).stdout
    assert "57.9 ms copy time" in whole
    assert "no copies to hide" in ran(summary, SAME_STREAM, "--to", "100ms").stdout
    assert "9.99 ms copy time" in ran(summary, SAME_STREAM, "--from", "150ms", "--to", "160ms").stdout


def test_a_window_beyond_the_trace_is_a_usage_error():
    result = ran(summary, SAME_STREAM, "--from", "1s")
    assert isinstance(result.exception, UsageError)
    assert "lasts 188.7 ms" in str(result.exception)


def test_csv_and_html_go_to_files_and_nothing_to_stdout(tmp_path):
    result = ran(summary, SAME_STREAM, "--csv", str(tmp_path / "tables"), "--html", str(tmp_path / "page.html"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "tables/exposed.csv").read_text().count("\n") == 2
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("command", "arguments"),
    [(summary, ["--html"]), (summary, ["--csv"]), (check, ["--min-overlap", "0.9", "--junit"])],
)
def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path, command, arguments):
    (tmp_path / "file").write_text("")
    place = str(tmp_path / "file" / "inside")
    result = ran(command, TWO_STREAMS, *arguments, place)
    assert isinstance(result.exception, UsageError)
    assert place in str(result.exception)


@pytest.mark.parametrize(("command", "option"), [(summary, "--html"), (check, "--junit")])
def test_a_report_never_replaces_the_trace(tmp_path, command, option):
    trace = tmp_path / "trace.json.gz"
    shutil.copy(TWO_STREAMS, trace)
    before = trace.read_bytes()
    limit = ["--min-overlap", "0.1"] if command is check else []
    for named in (trace, tmp_path):
        result = ran(command, str(named), *limit, option, str(trace))
        assert isinstance(result.exception, UsageError)
        assert "is the input trace" in str(result.exception)
    assert trace.read_bytes() == before


def test_a_window_is_said():
    shown = ran(summary, SAME_STREAM, "--from", "150ms", "--to", "160ms").stdout
    assert "window of 10.0 ms" in " ".join(shown.split())
    assert "window of" not in ran(summary, SAME_STREAM).stdout


def runs_of(name, folder, *stretched):
    """Copies of a recorded trace whose times, counted from its first, are so many thousandths of what they were."""
    document = json.loads(gzip.decompress((TRACES / f"{name}.json.gz").read_bytes()))
    timed = [event for event in document["traceEvents"] if "ts" in event]
    first = min(event["ts"] for event in timed)
    paths = []
    for number, thousandths in enumerate(stretched, 1):
        events = [
            event | {key: (event[key] - (first if key == "ts" else 0)) * thousandths / 1000 for key in ("ts", "dur")}
            for event in timed
            if "dur" in event
        ]
        others = [event for event in document["traceEvents"] if "dur" not in event and "ts" not in event]
        paths.append(folder / f"{name}{number}.json")
        paths[-1].write_text(json.dumps(document | {"traceEvents": others + events}))
    return [str(path) for path in paths]


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return runs_of("seed_nonblocking", folder, 1000, 1020, 980), runs_of("two_streams", folder, 1010, 1000, 990)


def test_two_traces_first_say_what_changed_most():
    text = ran(diff, BLOCKING, TWO_STREAMS, "--whole").stdout
    first, second = text.splitlines()[:2]
    assert first == "GPU 0 (NVIDIA H200): exposed copies 91.3 % -> 0.9 %: pageable host memory gone"
    assert second.strip() == "shares are of the whole recording on both sides"
    lines = [line.split() for line in text.splitlines()]
    assert ["compute", "6.6", "%", "99.1", "%", "+92.4", "points"] in lines
    assert ["pageable", "host", "memory", "91.3", "%", "0.0", "%", "gone"] in lines


def test_figures_of_two_traces_have_no_fields_of_runs():
    found = json.loads(ran(diff, "--json", "--whole", SAME_STREAM, TWO_STREAMS).stdout)
    assert (found["before"], found["after"]) == (SAME_STREAM, TWO_STREAMS)
    assert found["devices"][0]["changes"]["exposed_copy_ns"].keys() == {"before", "after"}
    account = found["account"]
    assert account["text"].startswith("GPU 0 (NVIDIA H200): exposed copies")
    assert [side[0]["found_by"] for side in account["windows"].values()] == ["whole", "whole"]
    [device] = account["devices"]
    assert [row["owner"] for row in device["owners"]][:2] == ["compute", "copy"]
    [same_stream] = [row for row in device["losses"] if row["cause"] == "same_stream"]
    assert (same_stream["ns"]["after"], same_stream["share"]["after"], same_stream["step_ns"]) == (0, 0.0, None)


def test_several_runs_a_side_are_compared_by_their_medians(sides):
    before, after = sides
    found = json.loads(ran(diff, *before, "--", *after, "--json").stdout)
    assert (found["before"], found["after"]) == (before, after)
    each = [[Analysis(path).figures[0] for path in side] for side in sides]
    for figure, change in found["devices"][0]["changes"].items():
        for name, figures in zip(("before", "after"), each, strict=True):
            values = [getattr(row, figure) for row in figures]
            low, middle, high = sorted(values)
            told = {"values": values, "median": middle, "min": low, "max": high}
            assert (change[name], change["runs"][name]) == (middle, told)
        one, other = (sorted(change["runs"][name]["values"]) for name in ("before", "after"))
        assert change["within_spread"] is (one[0] <= other[-1] and other[0] <= one[-1])
    changes = found["devices"][0]["changes"]
    assert (changes["compute_ns"]["within_spread"], changes["span_ns"]["within_spread"]) == (True, False)
    text = ran(diff, *before, "--", *after).stdout
    assert "figures are medians of 3 runs before and 3 after" in " ".join(text.split())
    assert "fewer than 3" not in text
    lines = {line.split("  ")[0].strip(): line for line in text.splitlines()}
    assert lines["compute"].endswith("within the spread")
    assert "(−30.1 %)" in lines["span"]


def test_options_stand_on_both_sides_of_the_separator(sides):
    (a, b, _), (c, *_) = sides
    expected = ran(diff, a, b, "--", c, "--json").stdout
    assert json.loads(expected)["after"] == c
    assert ran(diff, "--json", a, b, "--", c).stdout == ran(diff, a, "--json", b, "--", c).stdout == expected


def test_one_run_a_side_is_the_same_with_the_separator_and_without():
    assert ran(diff, SAME_STREAM, "--", TWO_STREAMS).stdout == ran(diff, SAME_STREAM, TWO_STREAMS).stdout


def test_few_runs_may_differ_by_chance(sides):
    before, after = sides
    said = " ".join(ran(diff, *before, "--", *after[:2]).stdout.split())
    assert "a side has fewer than 3 runs, so a change outside the spread may still be chance" in said


@pytest.mark.parametrize(
    ("traces", "said"),
    [
        ([], "no trace is given, and two are compared: gpu-trace diff BEFORE AFTER"),
        (["a"], "one trace is given, and two are compared"),
        (["a", "b", "c"], "3 traces are given, and no -- between those before and those after: gpu-trace diff A1"),
        (["--", "a", "b"], "no trace stands before --"),
        (["a", "b", "--"], "no trace stands after --"),
        (["--"], "no trace stands before --"),
        (["a", "--", "b", "--", "c"], "-- stands between the runs before and after, so only once"),
        (["a", "b", "--", "c", "./c"], "c is given twice on one side; each run counts once"),
    ],
)
def test_sides_that_are_not_clear_are_a_usage_error(traces, said):
    result = ran(gpu_trace, "diff", *traces)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_a_separator_where_an_option_needs_a_value_is_no_file():
    result = ran(gpu_trace, "diff", SAME_STREAM, TWO_STREAMS, "--rules", "--")
    assert (result.exit_code, "Traceback" in result.output) == (2, False)


def test_runs_of_one_side_have_the_same_devices():
    result = ran(diff, SAME_STREAM, str(TRACES / "mlp_overlap.json.gz"), "--", TWO_STREAMS)
    assert isinstance(result.exception, UsageError)
    assert "the runs of one side must have the same devices" in str(result.exception)
    assert "mlp_overlap.json.gz has GPU 0 (NVIDIA H200), GPU 1 (NVIDIA H200)" in str(result.exception)


def test_a_comparison_as_markdown():
    shown = ran(diff, "--markdown", BLOCKING, TWO_STREAMS).stdout
    assert shown.startswith("**GPU 0 (NVIDIA H200): exposed copies ")
    assert "| operation of GPU 0 | range | count |" in shown


def test_operations_that_did_not_change_are_in_no_table():
    assert "operation of" not in ran(diff, SAME_STREAM, TWO_STREAMS).stdout
    assert "operation of GPU 0" in ran(diff, BLOCKING, TWO_STREAMS).stdout
