"""What is kept of a rank, against the account of its trace and against literal traces."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.columns import MISSING
from gpu_trace_analyzers.job.kept.bounds import Bounds
from gpu_trace_analyzers.job.kept.listed_ranks import ranks_listed
from gpu_trace_analyzers.job.kept.merged import merged
from gpu_trace_analyzers.job.kept.of_rank import of_rank
from gpu_trace_analyzers.model import Device, Process
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.vocabulary.losses import Owner
from literal import literal, microseconds

TRACES = Path(__file__).parents[5] / "samples" / "traces"
RECORDED = [
    *("two_h200/ddp/trace-rank-0", "two_h200/ddp_late_data/trace-rank-1", "two_h200/fsdp/trace-rank-1"),
    *("two_h200/tensor_parallel/trace-rank-0", "two_h200/pipeline/trace-rank-1", "ddp_rank1"),
]
ALL = Bounds.of(1)


def kept(trace, most=ALL):
    return merged([of_rank(Analysis(trace), "x.json", most)])


def rank_1(text):
    """A literal trace of rank 1 of 4; times in µs."""
    trace = literal(microseconds(text))
    devices = tuple(replace(device, rank=1) for device in trace.devices)
    return replace(trace, devices=devices, processes=(Process(100, rank=1, world_size=4),), epoch_ns=5_000_000_000)


@pytest.mark.parametrize("name", RECORDED)
def test_the_figures_are_those_of_the_account(name):
    trace = load(TRACES / f"{name}.json.gz")
    account = Analysis(load(TRACES / f"{name}.json.gz")).account
    part = kept(trace)
    (device,) = account.devices
    ns = {owner: sum(loss.ns for loss in device.loss(owner)) for owner in Owner}
    (row,) = rows(part.ranks)
    assert row["window_ns"] == device.window_ns
    assert row["compute_ns"] == device.compute_ns
    assert row["collective_ns"] == ns[Owner.COLLECTIVE]
    assert row["copy_ns"] == ns[Owner.COPY]
    assert row["other_ns"] == ns[Owner.OTHER]
    assert row["idle_ns"] == ns[Owner.IDLE]
    assert row["steps"] == device.steps
    losses = {(part.text(loss["owner"]), part.text(loss["cause"])): loss for loss in rows(part.losses)}
    assert {key: (loss["ns"], loss["at_most_ns"], loss["count"]) for key, loss in losses.items()} == {
        (loss.owner.value, loss.cause): (loss.ns, loss.at_most_ns, loss.count) for loss in device.losses
    }


@pytest.mark.parametrize("name", RECORDED)
def test_the_steps_and_collectives_are_those_of_the_window(name):
    trace = load(TRACES / f"{name}.json.gz")
    part, steady = kept(trace), Analysis(trace).account.steady
    (row,) = rows(part.ranks)
    steps = rows(part.steps)
    assert [steps[0]["step"], steps[-1]["step"]] == [steady.first_step, steady.last_step]
    assert row["warm_up_steps"] == steady.warm_up_steps
    assert steps[0]["start_ns"] - trace.epoch_ns == steady.window.start_ns
    assert steps[-1]["end_ns"] - trace.epoch_ns == steady.window.end_ns
    for column in ("compute_ns", "collective_ns", "idle_ns"):
        assert sum(step[column] for step in steps) == row[column]
    assert len(part.collectives) == row["collectives"] == row["collectives_kept"] > 0
    assert Counter(part.collectives.group.tolist()) == {each["group"]: each["calls"] for each in rows(part.groups)}
    operations = rows(part.operations)
    assert operations[0]["ns"] == max(each["ns"] for each in operations)


def test_steps_that_are_left_out_as_warm_up_are_counted():
    edges = [0, 400, 500, 600, 700, 800]
    steps = [
        f"k {begin + 10}-{begin + 20} @{begin + 5}; range ProfilerStep#{number} {begin}-{end}"
        for number, (begin, end) in enumerate(itertools.pairwise(edges))
    ]
    part = kept(rank_1("; ".join(steps)))
    assert (part.ranks.steps.tolist(), part.ranks.warm_up_steps.tolist()) == ([4], [1])
    assert part.steps.step.tolist() == [1, 2, 3, 4]


def rows(table):
    """A dict per row."""
    columns = {name: getattr(table, name).tolist() for name in table.columns()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def test_a_group_is_kept_with_the_ranks_that_it_lists():
    part = kept(rank_1("nccl 0-2 group=a[0,1] seq=7; nccl 3-4 group=a[0,1] seq=8; nccl 5-6 group=b[2,3]; nccl 7-8"))
    found = {part.text(row["group"]): row for row in rows(part.groups)}
    assert list(found) == ["", "a[0,1]", "b[2,3]"]
    assert {n: found["a[0,1]"][n] for n in ("size", "first_rank", "last_rank", "belongs", "calls", "busy_ns")} == {
        "size": 2, "first_rank": 0, "last_rank": 1, "belongs": 1, "calls": 2, "busy_ns": 3_000
    }  # fmt: skip
    assert (found["a[0,1]"]["first_sequence"], found["a[0,1]"]["last_sequence"]) == (7, 8)
    assert (found["b[2,3]"]["belongs"], found["b[2,3]"]["first_sequence"]) == (0, MISSING)
    assert (found[""]["group"], found[""]["size"], found[""]["belongs"]) == (MISSING, MISSING, MISSING)


@pytest.mark.parametrize(
    ("group", "ranks"),
    [("1 [0, 2]", "[0, 2]"), ("0 [0, 1, ..., 63]", "[0, 1, ..., 63]"), ("default_pg", ""), ("a [b] c", "")],
)
def test_the_ranks_of_a_group_are_told_from_its_name(group, ranks):
    assert ranks_listed(group) == ranks


def test_groups_of_one_name_and_other_ranks_are_several():
    part = kept(rank_1("nccl 0-2 group=a[0,1] seq=7; nccl 3-4 group=a[1,2] seq=7"))
    assert [part.text(code) for code in part.groups.group.tolist()] == ["a[0,1]", "a[1,2]"]
    assert [part.text(code) for code in part.collectives.group.tolist()] == ["a[0,1]", "a[1,2]"]


def test_a_list_that_leaves_ranks_out_says_neither_its_size_nor_who_is_not_in_it():
    part = kept(rank_1("nccl 0-2 group=a[0,...,63] seq=7"))
    (row,) = rows(part.groups)
    assert (row["size"], row["belongs"], row["first_rank"], row["last_rank"]) == (MISSING, MISSING, 0, 63)


STEPS = """range step 0-9; range step 10-19; range step 20-29; range step 30-39
k 2-6 @1; nccl 6-8 @2; k 12-16 @11; nccl 16-18 @12; k 22-26 @21; nccl 26-28 @22; k 32-36 @31; nccl 36-38 @32
call cudaStreamSynchronize 13-18; call cudaStreamSynchronize 23-28; k 29-30 @28"""


def test_the_host_time_of_a_step_has_no_waits():
    part = kept(rank_1(STEPS))
    assert len(part.steps) == int(part.ranks.steps[0]) > 1
    by_step = {row["step"]: row for row in rows(part.steps)}
    assert (by_step[2]["launches"], by_step[2]["host_ns"]) == (3, 7_001 - 5_000)
    assert (by_step[2]["start_ns"], by_step[2]["compute_ns"], by_step[2]["collective_ns"]) == (
        5_000_022_000,
        5_000,
        2_000,
    )


def test_a_collective_is_of_the_step_in_which_it_began():
    part = kept(rank_1(STEPS))
    assert part.collectives.step.tolist() == part.steps.step.tolist()
    assert part.collectives.start_ns.tolist()[:1] == [int(part.steps.start_ns[0]) + 4_000]


def test_only_so_many_rows_of_a_rank_are_kept():
    part = kept(rank_1(STEPS), Bounds(steps=1, collectives=2))
    assert (len(part.steps), len(part.collectives)) == (1, 2)
    assert int(part.ranks.collectives[0]) > 2 == int(part.ranks.collectives_kept[0])


def test_a_rank_with_two_devices_has_the_sums_of_both():
    trace = rank_1("k 0-10; gpu1 k 5-20; gpu1 nccl 20-30; d2h 12-14; h2d 8-9")
    part, devices = kept(trace), Analysis(trace).account.devices
    (row,) = rows(part.ranks)
    assert row["devices"] == 2
    assert row["window_ns"] == sum(device.window_ns for device in devices)
    assert row["compute_ns"] == sum(device.compute_ns for device in devices) == 25_000
    assert (row["copying_ns"], row["hidden_ns"]) == (3_000, 1_000)


def test_a_rank_says_which_it_is_and_where_it_ran():
    trace = rank_1("k 3-10")
    source = replace(trace.source, damage=("ends early", "a row is lost"))
    device, process = Device("gpu", 0, "NVIDIA H200", rank=1), replace(trace.processes[0], host="node-7")
    part = kept(replace(trace, source=source, devices=(device,), processes=(process,)))
    (row,) = rows(part.ranks)
    assert (row["rank"], row["world_size"], row["devices"], row["steps"]) == (1, 4, 1, 0)
    texts = [part.text(row[name]) for name in ("host", "path", "device", "damaged")]
    assert texts == ["node-7", "x.json", "NVIDIA H200", "ends early; a row is lost"]
    assert (row["began_ns"], row["ended_ns"]) == (5_000_003_000, 5_000_010_000)
