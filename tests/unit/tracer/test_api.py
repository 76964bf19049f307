"""The Python interface: what it answers, and what importing the package costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gpu_trace
from gpu_trace_analyzers import analysis, errors
from literal import literal

TRACES = Path(__file__).parents[3] / "samples/traces"
HEAVY = ("numpy", "pandas", "msgspec", "rich", "click", "typing")


@pytest.fixture(scope="module")
def trace():
    return gpu_trace.load(TRACES / "seed_nonblocking.json.gz")


def test_overlap(trace):
    found = gpu_trace.overlap(trace)
    assert found.devices.overlap_ratio.tolist() == [0.0]
    assert found.engines.engine.tolist() == ["compute", "copy_d2h"]
    assert found.pairs.empty


def test_causes_sum_to_the_exposed_time(trace):
    found = gpu_trace.causes(trace).exposed
    assert found.cause.tolist() == ["same_stream"]
    assert found.ns.sum() == gpu_trace.overlap(trace).devices.exposed_copy_ns.sum()


def test_ranges(trace):
    found = gpu_trace.ranges(trace, step_range="seed_nonblocking")
    assert found.ranges.name.tolist() == found.steps.name.tolist() == ["seed_nonblocking"]


def test_diff(trace):
    found = gpu_trace.diff(trace, gpu_trace.load(TRACES / "two_streams.json.gz")).devices.set_index("figure")
    assert found.before["overlap_ratio"] == 0.0
    assert round(found.after["overlap_ratio"], 3) == 0.980


def test_diff_of_accounts(trace):
    after = gpu_trace.load(TRACES / "two_streams.json.gz")
    found = gpu_trace.diff(trace, after).account
    rows = found[(found.cause == "same_stream") & (found.figure == "share")]
    assert rows.owner.tolist() == ["copy"]
    assert 0.3 < rows.before.item() < 0.31
    assert rows.after.item() == 0


def test_diff_of_operations(trace):
    after = gpu_trace.load(TRACES / "two_streams.json.gz")
    found = gpu_trace.diff(trace, after).operations.set_index(["engine", "figure"])
    assert found.loc[("compute", "count"), ["before", "after"]].tolist() == [50, 50]
    assert found.loc[("copy_d2h", "ns"), "range"] == "seed_nonblocking -> two_streams"


def test_diff_of_several_runs_a_side(trace):
    after = gpu_trace.load(TRACES / "two_streams.json.gz")
    found = gpu_trace.diff([trace, after, trace], [after, after]).devices.set_index("figure")
    ratio = found.loc["overlap_ratio"]
    assert (ratio.before, ratio.before_min, ratio.before_max) == (0.0, 0.0, ratio.after)
    assert (ratio.after_min, ratio.after_max, ratio.within_spread) == (ratio.after, ratio.after, True)
    with pytest.raises(gpu_trace.UsageError, match="a side without runs"):
        gpu_trace.diff([], trace)


def test_work(trace):
    found = gpu_trace.work(trace)
    assert found.operations.engine.tolist() == ["compute", "copy_d2h"]
    assert found.operations["count"].tolist() == [50, 50]
    assert found.transfers.bytes.tolist() == [3_200_000_000]
    assert found.launches.launches.tolist() == [50]
    assert found.steps.empty
    assert found.operators.empty
    assert len(gpu_trace.work(trace, top=1).operations) == 1
    assert gpu_trace.work(trace, whole=True).steady.found_by == "whole"


def test_what_if():
    trace = gpu_trace.load(TRACES / "whatif/seed_nonblocking.json.gz", operators=True)
    found = gpu_trace.what_if(trace, range_name="measured", unrecorded_ns=189_240_000)
    assert found.answer.status == "answered"
    assert found.remedies.gain_ns.is_monotonic_decreasing
    copies = found.moves[found.moves.remedy == found.remedies.id[0]]
    assert copies[["engine", "from_stream", "count"]].values.tolist() == [["copy_d2h", 7, 50]]
    schedule = found.schedule
    assert schedule.engine.value_counts().to_dict() == {"compute": 50, "copy_d2h": 50}
    assert schedule.end_ns.max() < schedule.recorded_end_ns.max() - 50_000_000
    assert schedule.critical.sum() == 51


def test_what_if_without_dependencies_has_no_schedule():
    trace = gpu_trace.load(TRACES / "seed_nonblocking.json.gz", operators=True)
    found = gpu_trace.what_if(trace)
    assert (found.answer.status, len(found.remedies), len(found.moves), len(found.schedule)) == ("abstained", 0, 0, 0)


def test_operators_are_read_where_asked_for():
    found = gpu_trace.work(gpu_trace.load(TRACES / "seed_nonblocking.json.gz", operators=True))
    assert found.operators.name[0] == "aten::mm"
    assert (found.operators.own_ns <= found.operators.total_ns).all()
    assert found.operators.share.sum() == pytest.approx(1)


def test_everything_listed_is_there():
    assert all(hasattr(gpu_trace, name) for name in gpu_trace.__all__)
    assert dir(gpu_trace) == sorted(gpu_trace.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        gpu_trace.nothing  # noqa: B018


@pytest.mark.parametrize("name", ["Analysis", "Trace", "Engine", "UsageError"])
def test_a_class_does_not_load_what_only_data_frames_need(name):
    code = f"import sys, gpu_trace; gpu_trace.{name}; print('pandas' in sys.modules, 'torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "False False", ran.stderr


def test_errors_are_those_that_are_raised(tmp_path):
    with pytest.raises(gpu_trace.TraceUnreadable):
        gpu_trace.Analysis(tmp_path / "nothing.json")
    with pytest.raises(gpu_trace.UsageError):
        gpu_trace.Analysis(TRACES / "two_streams.json.gz", from_ns=10**12)
    for name in ("FormatUnsupported", "TraceInconclusive", "SeveralRuns"):
        assert issubclass(getattr(gpu_trace, name), gpu_trace.GpuTraceError)


def test_every_error_is_there():
    named = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
    assert named <= set(gpu_trace.__all__)


@pytest.mark.parametrize(
    ("ask", "questions"),
    [
        (gpu_trace.overlap, {"device_figures", "pair_figures"}),
        (gpu_trace.ranges, {"device_figures", "range_figures", "step_figures"}),
        (gpu_trace.causes, {"device_figures", "causes", "idle_causes"}),
    ],
)
def test_a_function_asks_only_what_its_frames_show(ask, questions, monkeypatch):
    asked = set()
    every = [name for name, value in vars(analysis).items() if hasattr(value, "__wrapped__")]
    for name in every:
        original = getattr(analysis, name)
        monkeypatch.setattr(analysis, name, lambda *given, n=name, f=original: (asked.add(n), f(*given))[1])
    ask(gpu_trace.load(TRACES / "mlp_overlap.json.gz"))
    assert asked - {"active_devices"} == questions


@pytest.mark.parametrize(
    "ask", [gpu_trace.overlap, gpu_trace.ranges, gpu_trace.causes, gpu_trace.account, gpu_trace.work]
)
def test_a_result_shows_itself_in_a_line_and_by_its_frames(ask):
    found = ask(gpu_trace.load(TRACES / "mlp_overlap.json.gz"))
    frames = {name: frame for name in found.__dataclass_fields__ if hasattr(frame := getattr(found, name), "columns")}
    assert repr(found).startswith(f"{type(found).__name__} of {next(iter(frames))} ")
    assert found._repr_html_().count("<table") == sum(len(frame) > 0 for frame in frames.values())


def test_names_in_a_result_are_text():
    trace = literal("range <script> 0-9 t1; s7 k 5-10 @1")
    assert "&lt;script&gt;" in gpu_trace.ranges(trace)._repr_html_()
    assert "<script" not in gpu_trace.ranges(trace)._repr_html_()


def test_importing_the_package_imports_nothing_heavy():
    code = f"import sys, gpu_trace; print([name for name in {HEAVY} if name in sys.modules])"
    path = {"PYTHONPATH": str(Path(gpu_trace.__file__).parents[1])}
    ran = subprocess.run([sys.executable, "-S", "-c", code], env=path, capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "[]", ran.stderr
