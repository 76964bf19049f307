"""How much of the collectives of each name was hidden, counted by hand."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.questions.bandwidth import pattern_of
from gpu_trace_analyzers.questions.collectives import collective_figures
from gpu_trace_analyzers.questions.scope import Scope, Window
from literal import literal
from literal_jobs import job

TEXT = "nccl 0-10 name=a; nccl 20-40 name=a; s8 nccl 5-15 name=b; s9 k 8-30"


def figures(**options):
    rows = collective_figures(Scope(literal(TEXT), **options))
    return [(row.name, row.count, row.busy_ns, row.hidden_ns, row.exposed_ns) for row in rows]


def test_the_collectives_of_a_name_are_one_row_the_longest_first():
    assert figures() == [("a", 2, 30, 12, 18), ("b", 1, 10, 7, 3)]


def test_of_collectives_that_cross_an_edge_of_the_window_the_part_inside_counts():
    assert figures(window=Window(12, 25)) == [("a", 1, 5, 5, 0), ("b", 1, 3, 3, 0)]


def compared(text, **options):
    row = collective_figures(Scope(job(text), **options))[0]
    return row.compared, row.wait_ns, row.transfer_ns, row.algorithm_gb_per_s, row.bus_gb_per_s


REDUCED = "nccl 0-100 name={0} size=400; gpu1 nccl 60-100 name={0} size=400"


def test_waiting_transfer_and_rates_are_of_the_collectives_that_all_ranks_have():
    assert compared(REDUCED.format("AllReduce")) == (1, 60, 40, 10.0, 10.0)
    assert compared(f"{REDUCED.format('AllReduce')}; nccl 200-210 name=AllReduce size=4000") == (1, 60, 40, 10.0, 10.0)


@pytest.mark.parametrize(
    ("name", "algorithm", "bus"),
    [
        ("ncclDevKernel_AllReduce_Sum_f32_RING_LL", 30.0, 40.0),
        ("gloo:all_reduce", 30.0, 40.0),
        ("ncclDevKernel_AllGather_RING_LL", 90.0, 60.0),
        ("ncclDevKernel_ReduceScatter_Sum_f32_RING_LL", 90.0, 60.0),
        ("nccl:_reduce_scatter_base", 90.0, 60.0),
        ("ncclDevKernel_Broadcast_RING_LL", 30.0, 30.0),
        ("ncclDevKernel_Reduce_Sum_f32_RING_LL", 30.0, 30.0),
        ("ncclDevKernel_SendRecv", None, None),
    ],
)
def test_the_rates_of_each_kind_of_collective_of_three_ranks(name, algorithm, bus):
    text = "; ".join(f"gpu{rank} nccl {at}-70 name={name} size=300" for rank, at in enumerate((0, 10, 60)))
    assert compared(text)[3:] == (algorithm, bus)


def test_what_is_not_known_is_none_and_never_nought():
    alone = "nccl 0-100 name=AllReduce size=400"
    assert compared(f"{alone}; gpu1 k 0-1") == (0, None, None, None, None)
    assert compared(REDUCED.format("AllReduce").replace(" size=400", "")) == (1, 60, 40, None, None)
    missing = "nccl 0-100 name=AllReduce size=4 group=1[0,1,2]; gpu1 nccl 60-100 name=AllReduce size=4 group=1[0,1,2]"
    assert compared(missing) == (1, 60, None, None, None)


def test_a_window_has_its_part_of_waiting_and_transfer_and_the_rates_of_whole_transfers():
    assert compared(REDUCED.format("AllReduce"), window=Window(50, 70)) == (1, 10, 10, 10.0, 10.0)


def test_a_collective_of_an_unknown_name_has_no_rates():
    assert pattern_of("ncclDevKernel_Generic") is None
