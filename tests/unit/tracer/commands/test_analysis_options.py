"""The same options on every command that analyses, with the same figures."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

import gpu_trace
from gpu_trace.cli import gpu_trace as commands
from gpu_trace.commands.check import check
from gpu_trace.commands.diff import diff
from gpu_trace.commands.export import export
from gpu_trace.commands.info import info
from gpu_trace.commands.summary import summary
from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.model import ALL_COPIES, Engine
from gpu_trace_analyzers.vocabulary.perfetto import EXPOSED
from perfetto_decoding import decode

TRACE = str(Path(__file__).parents[4] / "samples/traces/mlp_overlap.json.gz")
"""On both of its GPUs every option but --step-range changes figures."""
RANGE = "mlp_overlap"
RULES = '[[rule]]\nkind = "kernel"\npattern = "gemm"\nengine = "collective"\n'
NONE = '[{"ph": "X", "name": "a", "pid": 1, "tid": 1, "ts": 1, "dur": 1}]'

OPTIONS = [
    [],
    ["--copies", "h2d"],
    ["--copies", "d2h,d2d"],
    ["--rules", "rules.toml"],
    ["--from", "5ms"],
    ["--to", "15ms"],
    ["--from", "8ms", "--to", "15345678ns"],
    ["--step-range", RANGE],
    ["--copies", "d2h", "--rules", "rules.toml", "--from", "1ms", "--to", "17ms", "--step-range", RANGE],
]
EACH = pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
COMMANDS = (summary, check, diff, export, info)
SHARED = {"copies", "rules", "from_ns", "to_ns", "whole", "steps", "step_range"}


@pytest.fixture(autouse=True)
def _beside_the_rules(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rules.toml").write_text(RULES)


def ran(*arguments):
    return CliRunner().invoke(commands, [str(argument) for argument in arguments])


@cache
def document(*options):
    return json.loads(ran("summary", "--json", TRACE, *options).stdout)


def failed(*arguments):
    """How often ``check`` says FAILED; it must not be silent, nor fail in another way."""
    result = ran("check", TRACE, *arguments)
    assert result.exit_code in (0, 1, 4), result.output
    assert result.stdout
    return result.stdout.count("FAILED")


def test_the_options_are_the_same_ones():
    shared = {each: {option.name: option for option in each.params if option.name in SHARED} for each in COMMANDS}
    assert all(set(shared[each]) == SHARED for each in (summary, check, diff))
    assert (set(shared[export]), set(shared[info])) == ({"copies", "rules"}, {"rules"})
    for options in shared.values():
        for name, option in options.items():
            assert option.to_info_dict() == shared[summary][name].to_info_dict()


@EACH
def test_every_option_but_that_of_steps_changes_a_figure(options):
    changed = document(*options)["devices"] != document()["devices"]
    assert changed == bool(set(options) - {"--step-range", RANGE})


@EACH
@pytest.mark.parametrize(("limit", "figure"), [("--max-exposed-copy", "exposed_copy_ns"), ("--max-idle", "idle_ns")])
def test_check_compares_the_time_that_summary_shows_to_the_nanosecond(limit, figure, options):
    times_ns = [device[figure] for device in document(*options)["devices"]]
    assert len(times_ns) == 2
    for most_ns in {*times_ns, *(time_ns - 1 for time_ns in times_ns)}:
        broken = sum(time_ns > most_ns for time_ns in times_ns)
        assert failed(limit, f"{most_ns}ns", *options) == broken


@EACH
def test_check_compares_the_ratio_that_summary_shows(options):
    ratios = [device["overlap_ratio"] for device in document(*options)["devices"]]
    for least in {ratio + more for ratio in ratios if ratio is not None for more in (0, 1e-9)}:
        broken = sum(ratio is not None and ratio < least for ratio in ratios)
        assert failed("--min-overlap", f"{least:.20f}", *options) == broken
    if None in ratios:
        assert ran("check", TRACE, "--min-overlap", "0.1", *options).stdout.count("INCONCLUSIVE") == 2


@EACH
def test_check_of_a_range_compares_what_summary_shows_of_it(options):
    rows = [row for row in document(*options)["ranges"] if row["name"] == RANGE and row["device"] is not None]
    times_ns = [row["exposed_copy_ns"] for row in rows]
    for most_ns in {*times_ns, *(time_ns - 1 for time_ns in times_ns)}:
        asked = ["--range", RANGE, "--max-exposed-copy", f"{most_ns}ns", *options]
        assert failed(*asked) == sum(time_ns > most_ns for time_ns in times_ns)


@EACH
def test_diff_has_the_figures_of_summary_on_both_sides(options):
    found = json.loads(ran("diff", "--json", TRACE, TRACE, *options).stdout)
    figures = document(*options)
    for device, row in zip(figures["devices"], found["devices"], strict=True):
        for name, change in row["changes"].items():
            assert change == {"before": device[name], "after": device[name]}, name
    for kind in ("exposed", "idle"):
        causes = [change["before"] for row in found[kind] for change in row["changes"].values()]
        assert sorted(causes) == sorted(row["ns"] for row in figures[kind])


def test_diff_says_that_it_speaks_of_a_window():
    text = ran("diff", TRACE, TRACE, "--from", "5ms", "--to", "6ms").stdout
    assert " ".join(text.split()).count("window of 1.00 ms") == 2


@pytest.mark.parametrize("options", [options for options in OPTIONS if "--rules" not in options], ids=" ".join)
def test_python_has_the_figures_of_summary(options):
    given = dict(zip(options[::2], options[1::2], strict=True))
    copies = [engine for engine in ALL_COPIES if engine.key.removeprefix("copy_") in given.get("--copies", "")]
    times = {"5ms": 5_000_000, "8ms": 8_000_000, "15ms": 15_000_000, "15345678ns": 15_345_678}
    window = {"from_ns": times.get(given.get("--from")), "to_ns": times.get(given.get("--to"))}
    trace, figures = gpu_trace.load(TRACE), document(*options)
    asked = {"copies": copies or None, **window}
    devices = gpu_trace.overlap(trace, **asked).devices
    for name in ("span_ns", "compute_ns", "copy_ns", "overlap_ns", "exposed_copy_ns", "idle_ns"):
        assert devices[name].tolist() == [device[name] for device in figures["devices"]]
    causes = gpu_trace.causes(trace, **asked)
    for kind in ("exposed", "idle"):
        assert getattr(causes, kind).ns.tolist() == [row["ns"] for row in figures[kind]]
    found = gpu_trace.ranges(trace, given.get("--step-range"), **asked)
    assert found.ranges.exposed_copy_ns.tolist() == [row["exposed_copy_ns"] for row in figures["ranges"]]
    assert found.steps.copy_ns.tolist() == [row["copy_ns"] for row in figures["steps"]]
    changes = gpu_trace.diff(trace, trace, **asked).devices
    for side in (changes.before, changes.after):
        exposed = side[changes.figure == "exposed_copy_ns"].tolist()
        assert exposed == [device["exposed_copy_ns"] for device in figures["devices"]]


STEPS = str(Path(TRACE).parent / "limits_h200/phases_cold_start.json.gz")
"""Its first step is warm-up."""


@pytest.mark.parametrize(
    ("options", "given", "expected"),
    [
        ([], {}, ("steps", "step", 1, 23)),
        (["--whole"], {"whole": True}, ("whole", None, None, None)),
        (["--steps", "3:6"], {"steps": (3, 6)}, ("asked", "step", 3, 5)),
        (
            ["--steps", "3:6", "--step-range", "Optimizer.step#SGD.step"],
            {"steps": (3, 6), "step_range": "Optimizer.step#SGD.step"},
            ("asked", "Optimizer.step#SGD.step", 3, 5),
        ),
        (["--from", "4s"], {"from_ns": 4 * 10**9}, ("asked", None, None, None)),
    ],
)
def test_the_window_of_the_account(options, given, expected):
    found = json.loads(ran("summary", "--json", STEPS, *options).stdout)["account"]
    window = found["window"]
    assert tuple(window[key] for key in ("found_by", "steps", "first_step", "last_step")) == expected
    account = gpu_trace.account(gpu_trace.load(STEPS), **given)
    assert account.devices.window_ns.tolist() == [device["window_ns"] for device in found["devices"]]
    assert account.losses.ns.tolist() == [loss["ns"] for device in found["devices"] for loss in device["losses"]]
    assert account.devices.compute_ns.sum() + account.losses.ns.sum() == account.devices.window_ns.sum()
    assert account.steady.left_out_ns == window["left_out_ns"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--steps", "30:40"], "--steps 30:40 chooses no step; the trace has steps 0 to 23 of step"),
        (["--steps", "3:6", "--whole"], "--steps and --whole exclude each other"),
        (["--steps", "3:6", "--to", "1s"], "--steps and --from/--to exclude each other"),
        (["--steps", "6:3"], "'6:3' is not a range of steps; write two growing numbers, such as 10:20"),
    ],
)
@pytest.mark.parametrize("command", [["summary", STEPS], ["check", STEPS, "--max-idle", "9s"], ["diff", STEPS, STEPS]])
def test_steps_that_cannot_be(command, options, message):
    result = ran(*command, *options)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")


def test_steps_of_a_trace_without_steps():
    result = ran("summary", TRACE, "--steps", "0:1")
    assert result.exit_code == 2
    assert "no steps were found, and --steps needs them" in result.stderr


def test_python_reads_by_rules_too():
    overlap = gpu_trace.overlap(gpu_trace.load(TRACE, rules="rules.toml"))
    shown = [device["collective_ns"] for device in document("--rules", "rules.toml")["devices"]]
    assert overlap.devices.collective_ns.tolist() == shown
    assert min(shown) > 0


def test_python_takes_times_in_whole_nanoseconds_alone():
    with pytest.raises(TypeError, match="integer"):
        gpu_trace.overlap(gpu_trace.load(TRACE), from_ns=0.5e6)


@pytest.mark.parametrize("name", ["out.json", "out.pftrace"])
def test_an_export_keeps_the_engines_of_the_rules(name):
    assert ran("export", TRACE, "-o", name, "--rules", "rules.toml").exit_code == 0
    figures = ("copy_ns", "exposed_copy_ns", "collective_ns", "exposed_collective_ns", "overlap_ns")
    exported = json.loads(ran("summary", "--json", name).stdout)["devices"]
    asked = document("--rules", "rules.toml")["devices"]
    for here, there in zip(exported, asked, strict=True):
        assert {figure: here[figure] for figure in figures} == {figure: there[figure] for figure in figures}


@pytest.mark.parametrize("options", OPTIONS[:3], ids=" ".join)
def test_exports_mark_what_is_exposed_of_the_copies_asked_for(options):
    exposed_ns = sum(device["exposed_copy_ns"] for device in document(*options)["devices"])
    assert ran("export", TRACE, "-o", "out.pftrace", *options).exit_code == 0
    slices = decode(Path("out.pftrace")).slices
    lane = [each for each in slices if each.track[-1].endswith(EXPOSED)]
    findings = [each for each in slices if each.track[-1].endswith("Findings")]
    notes = [each for each in findings if each.name.startswith("exposed: ")]  # the worst place is one, too
    assert [sum(each.end_ns - each.start_ns for each in found) for found in (lane, notes)] == [exposed_ns] * 2
    assert ran("export", TRACE, "-o", "out.json", *options).exit_code == 0
    events = json.loads(Path("out.json").read_text())["traceEvents"]
    noted = [each["dur"] for each in events if each["name"].startswith("exposed: ") and "dur" in each]
    assert round(sum(noted) * 1000) == exposed_ns


@pytest.mark.parametrize(
    "command",
    [["summary", TRACE], ["check", TRACE, "--max-idle", "1s"], ["diff", TRACE, TRACE]],
    ids=lambda each: each[0],
)
class TestWhatMakesNoSense:
    def test_copies(self, command):
        result = ran(*command, "--copies", "h2d,sideways")
        assert result.exit_code == 2
        assert "'sideways' is not one of h2d, d2h, p2p, d2d" in result.stderr

    def test_rules(self, command):
        Path("rules.toml").write_text("")
        result = ran(*command, "--rules", "rules.toml")
        assert result.exit_code == 2
        assert "rules.toml: has no [[rule]] table" in result.stderr

    def test_rules_that_are_not_there(self, command):
        result = ran(*command, "--rules", "nofile")
        assert (result.exit_code, result.stderr) == (
            2,
            "gpu-trace: nofile: no engine rules could be read (No such file or directory); check the path\n",
        )

    @pytest.mark.parametrize("window", [["--from", "1s"], ["--from", "2ms", "--to", "1ms"], ["--to", "0ns"]])
    def test_an_empty_window(self, command, window):
        result = ran(*command, *window)
        assert result.exit_code == 2
        assert f"leaves nothing; the work of {TRACE} lasts 18.9 ms" in result.stderr

    def test_a_window_of_a_trace_without_work(self, command):
        Path("none.json").write_text(NONE)
        result = ran(*("none.json" if each == TRACE else each for each in command), "--from", "1ms")
        assert result.exit_code == 2
        assert "none.json: --from and --to need device activity; this trace has none" in result.stderr

    def test_a_step_that_no_range_is(self, command):
        assert ran(*command, "--step-range", "absent").exit_code == 2


@pytest.mark.parametrize("command", [["info", TRACE], ["export", TRACE, "-o", "out.json"]], ids=lambda each: each[0])
def test_bad_rules_are_an_error_of_these_too_and_nothing_is_written(command):
    Path("rules.toml").write_text("[[rule]]\nkind = 'wish'\n")
    assert ran(*command, "--rules", "rules.toml").exit_code == 2
    assert not Path("out.json").exists()


def test_python_refuses_a_window_that_holds_nothing():
    with pytest.raises(UsageError, match=r"leaves nothing; the work of .* lasts 18\.9 ms"):
        gpu_trace.causes(gpu_trace.load(TRACE), [Engine.COPY_H2D], from_ns=10**9)
