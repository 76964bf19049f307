"""The samples run at small sizes, check their own results, and give the traces that their texts promise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.reports.document import to_json
from native import WHOLE
from torch_once import run_all

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Sample:
    """What a sample is on a machine without a GPU; the ranges are those of its variants and of its threads."""

    small: str
    """options for sizes that run in a moment"""
    variants: str
    compute_alone: tuple[str, ...] = ()
    """ranges without copies"""
    copies_alone: tuple[str, ...] = ()
    """ranges without compute"""
    in_turns: tuple[str, ...] = ()
    """ranges with both on one thread, so that no copy can be hidden"""
    threads: tuple[str, ...] = ()
    """ranges of other threads"""


SAMPLES = {
    "compute_and_copy": Sample(
        "--size 400 --inner 50 --products 6",
        "compute_only copy_only compute_then_copy interleaved side_thread",
        compute_alone=("compute_only",),
        copies_alone=("copy_only",),
        in_turns=("compute_then_copy", "interleaved"),
        threads=("side_thread: copy",),
    ),
    "two_gpus": Sample("--size 300 --products 6", "first second in_turns both", threads=("worker 1", "worker 2")),
    "peer_copies": Sample(
        "--size 400 --inner 50 --products 6",
        "compute_only copy_only same_thread side_thread",
        compute_alone=("compute_only",),
        copies_alone=("copy_only",),
        in_turns=("same_thread",),
        threads=("side_thread: copy",),
    ),
    "independent_operations": Sample(
        "--operators 6 --columns 4096",
        "one_thread a_thread_each every_core_each",
        compute_alone=("one_thread", "every_core_each", "a_thread_each: share"),
        threads=("a_thread_each: share",),
    ),
    "small_operators": Sample(
        "--size 16 --size 64 --work 1000000",
        "16_in_turns 16_parallel 64_in_turns 64_parallel",
        compute_alone=("16_in_turns", "64_in_turns", "16_parallel: share", "64_parallel: share"),
        threads=("16_parallel: share", "64_parallel: share"),
    ),
    "three_at_once": Sample(
        "--cpu-size 100 --gpu-size 100 --link-size 200",
        "cpu_only gpu_only link_only in_turns all_at_once",
        compute_alone=("cpu job", "gpu job"),
        copies_alone=("link job",),
        threads=("cpu job", "gpu job", "link job"),
    ),
    "data_loading": Sample(
        "--batches 4 --batch 32 --features 300 --hidden 20",
        "same_thread loader_thread",
        in_turns=("same_thread",),
        threads=("load",),
    ),
    "dependencies": Sample(
        "--blocks 2 --size 50",
        "in_order scheduled",
        compute_alone=("scheduled: compute",),
        copies_alone=("scheduled: load", "scheduled: store"),
        in_turns=("in_order",),
        threads=("scheduled: load", "scheduled: compute", "scheduled: store"),
    ),
    "mlp": Sample(
        "--width 64 --batch 8 --steps 3 --pieces 3",
        "compute_only exchange_only serial overlapped scheduled",
        threads=("compute", "exchange layer 1", "exchange layer 2"),
    ),
    "data_parallel": Sample("--layers 2 --width 20 --batch 6 --steps 2", "without_overlap ddp"),
}


def ran(*command: str):
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True, timeout=280)


def sized(name: str) -> list[str]:
    return [f"samples/{name}.py", *SAMPLES[name].small.split(), "--repeats", "1"]


TAKING_TURNS = [*sized("three_at_once"), "--variant", "in_turns"]
ONE_AFTER_THE_OTHER = f"""
{WHOLE}
import contextlib, io, json, runpy
import nvtx
sys.path.insert(0, "samples")
printed = {{}}
for name, sys.argv in json.loads(sys.argv[1]).items():
    with nvtx.annotate("sample " + name), contextlib.redirect_stdout(io.StringIO()) as out:
        runpy.run_path(sys.argv[0], run_name="__main__")
    printed[name] = out.getvalue()
print(json.dumps(printed))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What each sample printed, and the summary of its part of one recording."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "samples.py").write_text(ONE_AFTER_THE_OTHER)
    commands = {name: sized(name) for name in SAMPLES} | {"in turns": TAKING_TURNS}
    record = ["-m", "gpu_trace", "run", "-q", "-o", str(folder / "run"), str(folder / "samples.py")]
    printed = json.loads(ran(*record, json.dumps(commands)).stdout)
    trace = load(folder / "run")
    names = [trace.text(name) for name in trace.ranges.name]
    return {name: (printed[name], summary(trace, names.index(f"sample {name}"))) for name in commands}


def summary(trace, position):
    """The summary of what happened while a range was open."""
    of_range = trace.ranges[position : position + 1]
    since_ns, until_ns = (int(at[0] - trace.work.start_ns[0]) for at in (of_range.start_ns, of_range.end_ns))
    return json.loads(to_json(Analysis(trace, from_ns=max(0, since_ns), to_ns=until_ns).summary))


@pytest.fixture(params=SAMPLES)
def recorded(request, run):
    """A sample, what it printed, and its summary."""
    return SAMPLES[request.param], *run[request.param]


def test_every_variant_prints_its_wall_clock(recorded):
    sample, stdout, _ = recorded
    first, *lines = stdout.splitlines()
    assert "no GPU here" in first
    clocks = [line for line in lines if line.endswith(" ms")]
    assert [line.split()[0] for line in clocks] == sample.variants.split()
    assert all(re.fullmatch(r"\w+ +\d+\.\d ms", line) for line in clocks)


def test_every_variant_is_a_range_with_its_work(recorded):
    sample, _, document = recorded
    rows = {row["name"]: row for row in document["ranges"]}
    assert {*sample.variants.split(), *sample.threads} <= rows.keys()
    [device] = document["devices"]
    assert device["kind"] == "cpu"
    assert device["idle_ns"] + device["busy_ns"] == device["span_ns"]
    for name in sample.compute_alone:
        assert rows[name]["copy_ns"] == 0 < rows[name]["compute_ns"]
    for name in sample.copies_alone:
        assert rows[name]["compute_ns"] == 0 < rows[name]["copy_ns"]
    for name in sample.in_turns:
        assert rows[name]["hidden_copy_ns"] == 0
        assert rows[name]["copy_ns"] > 0
        assert rows[name]["compute_ns"] > 0


def test_threads_that_take_turns_are_never_at_work_at_once(run):
    _, document = run["in turns"]
    [device] = document["devices"]
    assert device["overlap_ns"] == 0
    assert device["copy_ns"] > 0
    assert device["compute_ns"] > 0
    assert device["streams_at_once"] == 1.0


def test_two_ranks_train_as_one_and_the_first_speaks(tmp_path):
    ended = ran(
        "-m", "gpu_trace", "run", "-q", "-o", str(tmp_path / "run"), "--nproc-per-node", "2", *sized("data_parallel")
    )
    first, *clocks = ended.stdout.splitlines()
    assert "2 ranks" in first
    assert [line.split()[0] for line in clocks] == ["without_overlap", "ddp"]
    document = json.loads((tmp_path / "run/summary.json").read_text())
    assert [device["rank"] for device in document["devices"]] == [0, 1]
    reduced = [row["count"] for row in document["collectives"] if row["name"] == "gloo:all_reduce"]
    assert len(reduced) == 2
    assert reduced[0] == reduced[1] > 0


DEAF = """
import torch.distributed
torch.distributed.all_reduce = lambda gradient: None
import data_parallel
data_parallel.main()
"""


TOO_EARLY = """
import dependencies
product = dependencies.BlockedProduct(2, 20)
product.check(dependencies.in_order(product))
first = next(i for i, task in enumerate(product.tasks) if task.lane != "load")
product.tasks.insert(0, product.tasks.pop(first))
try:
    product.check(dependencies.in_order(product))
except AssertionError as wrong:
    print(wrong)
"""


SLOW = """
import time, torch, mlp
torch.set_num_threads(1)
training = mlp.training_on([torch.device("cpu")] * 2, 32, 8, 3, 8)
put = mlp.Thread.put
one, other = training.replicas
pairs = [one.across[other], one.onward[other], other.across[one], other.onward[one]]
for slow in [*pairs, *(getattr(each, name) for each in (one, other) for name in ("compute", "add", "down", "up"))]:
    def late(queue, work, *after):
        return put(queue, (lambda: (time.sleep(0.004), work())) if queue is slow else work, *after)
    mlp.Thread.put = late
    for schedule in (mlp.overlapped, mlp.scheduled):
        training.check(schedule(training))
mlp.exchanged = lambda *given, exchanged=mlp.exchanged: exchanged(*given[:3])  # it does not wait for "used_2"
slow = training.replicas[0].compute
try:
    training.check(mlp.overlapped(training))
except AssertionError as wrong:
    print(wrong)
"""


JOBS = {
    "ddp": [],
    "ddp --slow host": [],
    "ddp --slow data": ["--read-ms", "5"],
    "ddp --slow start": [],
    "fsdp": [],
    "tensor_parallel": [],
    "pipeline": [],
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """How single processes ended."""
    folder = tmp_path_factory.mktemp("alone")
    (folder / "too_early.py").write_text(TOO_EARLY)
    (folder / "slow.py").write_text(SLOW)
    programs = {
        "too early": [f"{folder}/too_early.py"],
        "slow": [f"{folder}/slow.py"],
        "for GPUs": [*sized("peer_copies"), "--variant", "side_stream"],
        "unknown": ["samples/two_gpus.py", "--variant", "none"],
    }
    return dict(zip(programs, run_all(folder, [*programs.values()]), strict=True))


def test_a_task_that_comes_before_what_it_needs_is_noticed(alone):
    assert alone["too early"].stdout == "a task did not wait for what it needs\n"
    assert alone["too early"].stderr == ""


def test_layers_are_exchanged_in_order_whatever_is_slow(alone):
    assert alone["slow"].stdout == "these are not the weights of the serial schedule\n"
    assert alone["slow"].stderr == ""


def test_a_variant_for_gpus_says_that_this_machine_has_none(alone):
    assert alone["for GPUs"].codes == [0]
    _, line = alone["for GPUs"].stdout.splitlines()
    assert line.split(maxsplit=1) == ["side_stream", "not on this machine"]


def test_an_unknown_variant_is_a_usage_error(alone):
    assert alone["unknown"].codes == [2]
    assert "invalid choice" in alone["unknown"].stderr


@pytest.fixture(scope="module")
def ranks(tmp_path_factory):
    """A folder with the clocks of each job, and how the jobs ended."""
    folder = tmp_path_factory.mktemp("ranks")
    (folder / "deaf.py").write_text(DEAF)
    small = ["--layers", "2", "--width", "16", "--steps", "2"]
    programs = {}
    for job, more in JOBS.items():
        name, *options = job.split()
        programs[job] = [f"samples/jobs/{name}.py", *options, *more, *small, "--clocks", str(folder / job)]
    programs["deaf"] = [f"{folder}/deaf.py", *sized("data_parallel")[1:], "--variant", "without_overlap"]
    return folder, dict(zip(programs, run_all(folder, [*programs.values()], ranks=2), strict=True))


@pytest.mark.parametrize("job", JOBS)
def test_a_job_of_two_ranks_writes_the_clock_of_each(job, ranks):
    folder, jobs = ranks
    assert jobs[job].codes == [0, 0], jobs[job].stderr
    assert sorted(re.findall(r"rank \d(?=: 2 steps)", jobs[job].stdout)) == ["rank 0", "rank 1"]
    for rank in range(2):
        clock = json.loads((folder / job / f"clock-rank-{rank}.json").read_text())
        assert clock["rank"] == rank
        assert len(clock["steps_ms"]) == 2
        assert sum(clock["steps_ms"]) <= 1.01 * clock["wall_ms"]


def test_ranks_that_do_not_share_gradients_are_noticed(ranks):
    _, jobs = ranks
    assert any(jobs["deaf"].codes)
    assert re.search("rank 1 has other weights than rank 0|the weights differ by", jobs["deaf"].stderr)
