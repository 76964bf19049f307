"""Jobs of many ranks that scripts/make-fleet simulates: do they hold what their truth says, and are they read?"""

import ast
import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.ranks import rank_figures, slowest
from gpu_trace_analyzers.readers import load
from scripts.fleet.__main__ import made as make
from scripts.fleet.clocks import MOST_DRIFT_PPB, MOST_OFFSET_NS, Clock
from scripts.fleet.conditions import conditions
from scripts.fleet.faults import KINDS, drawn_faults, drawn_kinds, possible
from scripts.fleet.recording import BASES
from scripts.fleet.schedule import Schedule, schedule
from scripts.fleet.shape import Shape
from scripts.fleet.template import template_of
from scripts.fleet.text import Rank, trace_text
from scripts.fleet.truth import truth

REPO = Path(__file__).parents[3]
STEPS = 4
KINDS_OF_FAULTS = st.lists(st.sampled_from(KINDS), unique=True)


def job(base: str, shape: Shape, kinds: list[str]):
    """Template, faults, conditions and schedule of a job with the kinds of faults that it can have."""
    of = template_of(base)
    faults = drawn_faults(
        [kind for kind in possible(shape, of.loader is not None) if kind in kinds],
        shape,
        STEPS,
        np.random.default_rng(shape.seed),
    )
    what = conditions(of, shape, STEPS, faults)
    return of, faults, what, schedule(of, what)


def rank_of(number: int, shape: Shape, what, times: Schedule, clock: Clock) -> Rank:
    return Rank(
        number=number,
        shape=shape,
        groups=tuple(what.groups[:, number].tolist()),
        clock=clock,
        permille=int(what.host_permille[number]),
        sample=what.sample[number],
        anchors=times.anchors[number],
        start=times.start[number],
        end=times.end[number],
    )


def made(folder: Path, *options: str, ranks: int = 8, seed: int = 3) -> tuple[Path, dict]:
    """Do as the script does."""
    out, stated = folder / "fleet", folder / "truth.json"
    make(["--ranks", str(ranks), "--seed", str(seed), "--truth", str(stated), *options, str(out)])
    return out, json.loads(stated.read_text())


def test_no_module_imports_what_analyzes() -> None:
    found = set()
    for path in (REPO / "scripts/fleet").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").partition(".")[0])

    assert found - set(sys.stdlib_module_names) == {"numpy"}


@given(st.integers(0, 1000), st.sampled_from(BASES), KINDS_OF_FAULTS, st.integers(8, 24))
def test_a_collective_ends_on_all_its_ranks_at_one_time(seed, base, kinds, ranks) -> None:
    of, _, what, times = job(base, Shape(ranks, 8, seed), kinds)

    for number, operation in enumerate(of.collectives):
        for group in np.unique(what.groups[number]):
            members = what.groups[number] == group
            ends, starts = times.end[members][:, :, operation], times.start[members][:, :, operation]
            assert (ends == ends[0]).all()
            taken_ns = of.duration[:, operation] * what.transfer_permille[group] // 1000
            assert set((ends[0] - starts.max(axis=0)).tolist()) <= set(taken_ns.tolist())


def test_ranks_leave_a_collective_as_far_apart_as_is_asked() -> None:
    of, shape = template_of("ddp"), Shape(16, 8, 1)
    what = conditions(of, shape, STEPS, [], skew_ns=20_000)
    end = schedule(of, what).end[:8, :, of.collectives[0]]

    assert 10_000 < np.ptp(end, axis=0).max() <= 20_000


@given(st.integers(0, 1000))
def test_a_seed_draws_no_slow_link_but_it_can_be_named(seed) -> None:
    shape, random = Shape(8, 4, seed), np.random.default_rng(seed)

    assert "slow_link" not in drawn_kinds(possible(shape, True), random)
    (fault,) = drawn_faults(["slow_link"], shape, STEPS, random)
    assert conditions(template_of("ddp"), shape, STEPS, [fault]).transfer_permille.tolist().count(3000) == 1


@given(st.integers(0, 1000), st.sampled_from(BASES), KINDS_OF_FAULTS)
def test_what_is_on_one_stream_does_not_overlap(seed, base, kinds) -> None:
    of, _, _, times = job(base, Shape(8, 4, seed), kinds)
    streams = [row.args["stream"] for row in of.operations]

    for stream in set(streams):
        own = [operation for operation, other in enumerate(streams) if other == stream]
        start, end = (each[:, :, own].reshape(len(each), -1) for each in (times.start, times.end))
        assert (start <= end).all()
        assert (end[:, :-1] <= start[:, 1:]).all()


@given(st.integers(0, 1000), st.sampled_from(BASES), KINDS_OF_FAULTS)
def test_the_host_goes_on_and_operations_follow_their_launches(seed, base, kinds) -> None:
    of, _, _, times = job(base, Shape(8, 4, seed), kinds)

    assert (np.diff(times.anchors, axis=2) >= 0).all()
    assert (times.anchors[:, 1:, 0] == times.anchors[:, :-1, -1]).all()
    assert (times.start >= times.anchors[:, :, :1] + of.latency_ns).all()


@given(st.integers(0, 1000))
def test_late_data_and_a_slow_gpu_are_what_the_truth_says(seed) -> None:
    shape = Shape(8, 4, seed)
    of, faults, _, times = job("ddp", shape, ["late_data", "slow_gpu"])
    late, slow = faults
    *_, without = job("ddp", shape, [])
    place = 2 * of.loader + 1
    took, takes = (each.anchors[..., place + 1] - each.anchors[..., place] for each in (times, without))

    assert (took - takes)[late.rank].tolist() == [
        dict(zip(late.steps, late.late_ns, strict=True)).get(step, 0) for step in range(STEPS)
    ]
    kernels = [n for n, row in enumerate(of.operations) if row.category == "kernel" and not row.is_collective]
    others = [n for n, row in enumerate(of.operations) if row.category != "kernel"]
    takes, took = (each.end[slow.rank] - each.start[slow.rank] for each in (without, times))
    assert (took[:, kernels] == takes[:, kernels] * slow.permille // 1000).all()
    assert (took[:, others] == takes[:, others]).all()


@given(st.integers(0, 1000), st.sampled_from(BASES), KINDS_OF_FAULTS)
def test_costs_are_what_the_job_takes_less_without_a_fault(seed, base, kinds) -> None:
    shape = Shape(8, 4, seed)
    of, faults, _, times = job(base, shape, kinds)
    *_, without = job(base, shape, [])

    stated = truth(of, shape, STEPS, faults, [Clock()] * 2, times.job_ns)

    assert stated["job_ns"] == times.job_ns
    assert stated["job_without_faults_ns"] == without.job_ns
    assert len({fault.rank for fault in faults if fault.rank is not None}) == sum(f.rank is not None for f in faults)
    if [fault.kind for fault in faults if fault.kind not in ("missing", "truncated")] == ["late_data"]:
        (cost_ns,) = [fault["cost_ns"] for fault in stated["faults"] if fault["kind"] == "late_data"]
        assert cost_ns == times.job_ns - without.job_ns


@given(
    st.integers(-MOST_OFFSET_NS, MOST_OFFSET_NS),
    st.integers(-MOST_DRIFT_PPB, MOST_DRIFT_PPB),
    st.lists(st.integers(0, 10**13), min_size=2),
)
def test_a_clock_is_monotonic_and_drifts_as_it_says(offset_ns, drift_ppb, times) -> None:
    times = np.array(sorted(times))
    shown = Clock(offset_ns, drift_ppb).shows(times)

    assert (np.diff(shown) >= 0).all()
    assert (shown - times - offset_ns == times * drift_ppb // 10**9).all()


@pytest.mark.parametrize("base", BASES)
def test_a_file_has_the_times_of_the_schedule_by_the_clock_of_its_host(base: str) -> None:
    shape, clock = Shape(16, 8, 5), Clock(-3_000_000, 15_000)
    of, _, what, times = job(base, shape, ["slow_host"])
    events = json.loads("".join(trace_text(of, rank_of(11, shape, what, times, clock))))["traceEvents"]
    calls = {event["args"]["correlation"]: event for event in events if event.get("cat", "").startswith("cuda_r")}
    kernels = [event for event in events if event.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset")]

    starts = sorted(round(event["ts"] * 1000) for event in kernels)
    wanted = sorted((of.began_ns + clock.shows(times.start[11])).ravel().tolist())
    assert np.abs(np.array(starts) - np.array(wanted)).max() <= 1, "as exact as JSON's numbers are read here"
    assert {event["args"]["device"] for event in kernels} == {3}
    assert all(calls[k["args"]["correlation"]]["ts"] < k["ts"] for k in kernels if k["args"]["correlation"] in calls)
    numbers = [event["args"]["Seq"] for event in kernels if "Seq" in event["args"]]
    assert sorted(numbers) == sorted([*range(STEPS * (len(of.collectives) - 1)), *range(STEPS)])


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "other", "third")]
    for folder, seed in zip(folders, (3, 3, 4), strict=True):
        folder.mkdir()
        made(folder, "--steps", "2", seed=seed)
    one, other, third = ({p.name: p.read_bytes() for p in sorted(f.rglob("*")) if p.is_file()} for f in folders)

    assert one == other
    assert not set(one.values()) & set(third.values())


def test_our_reader_reads_every_rank_and_nothing_is_in_doubt(tmp_path: Path) -> None:
    folder, _ = made(tmp_path, "--faults", "none", "--steps", "2", ranks=16)
    trace = load(folder)

    assert sorted(process.rank for process in trace.processes) == list(range(16))
    assert {process.world_size for process in trace.processes} == {16}
    assert len({device.uuid for device in trace.devices}) == 16
    assert not trace.source.damage
    assert not trace.source.doubts
    trace.check()


def test_a_missing_rank_has_no_file_and_that_of_a_truncated_one_is_cut(tmp_path: Path) -> None:
    folder, stated = made(tmp_path, "--faults", "missing,truncated", "--steps", "2")
    missing, truncated = (
        [f["rank"] for f in stated["faults"] if f["kind"] == kind] for kind in ("missing", "truncated")
    )

    assert not (folder / f"trace-rank-{missing[0]}.json.gz").exists()
    with pytest.raises(EOFError):
        gzip.decompress((folder / f"trace-rank-{truncated[0]}.json.gz").read_bytes())
    assert len(list(folder.glob("trace-rank-*"))) == 7


def test_a_rank_in_a_wrong_group_calls_the_collectives_of_that_group() -> None:
    shape = Shape(16, 8, 2)
    _, (fault,), what, _ = job("ddp", shape, ["wrong_group"])

    assert fault.part != fault.rank // shape.part_size
    assert set(what.groups[:-1, fault.rank].tolist()) == {fault.part}
    assert (what.groups[-1] == len(shape.groups) - 1).all()


def test_the_summary_names_the_rank_whose_gpu_is_slow(tmp_path: Path) -> None:
    folder, stated = made(tmp_path, "--faults", "slow_gpu")
    found = slowest(rank_figures(load(folder)))

    assert found is not None
    assert found.rank == stated["faults"][0]["rank"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--faults", "slow_host"), "slow_host needs several hosts"),
        (("--faults", "fire"), "no fault is called 'fire'"),
        (("--steps", "1"), "--steps must be at least 2"),
        (("--faults", "late_data", "--base", "fsdp"), "late_data a job with a loader"),
    ],
)
def test_what_cannot_be_made_gets_a_sentence(tmp_path: Path, options: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(SystemExit, match=sentence):
        made(tmp_path, *options)

    assert not (tmp_path / "truth.json").exists()
