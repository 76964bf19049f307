from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.compute.operators import multiplying
from literal import literal

MM = 'shapes=[[8,4],[4,2]] types=["float","float"]'
BMM = 'shapes=[[3,8,4],[3,4,2]] types=["float","float"]'


def launched_by(trace):
    """FLOPs of the operator that launched each row of work; None for none."""
    found = multiplying(trace)
    return [None if call < 0 else found.needed[found.which[call]].flops for call in found.call_of.tolist()]


def test_a_kernel_belongs_to_the_operator_in_which_it_was_launched():
    trace = literal(f"""
        op aten::mm 0-10 {MM}
        op aten::relu 20-30 shapes=[[8,2]] types=["float"]
        op aten::bmm 40-50 {BMM}
        k 100-110 @0; k 110-120 @9; k 120-130 @10; k 130-140 @25; k 140-150 @45; k 150-160
    """)
    assert launched_by(trace) == [128, 128, None, None, 384, None]


def test_an_operator_of_another_thread_launched_nothing_of_this_one():
    trace = literal(f"op aten::mm 0-10 t2 {MM}; op aten::bmm 0-10 t3 {BMM}; k 100-110 @5 t3; k 110-120 @5 t1")
    assert launched_by(trace) == [384, None]


def test_of_operators_in_one_another_the_outer_one_counts():
    conv = 'shapes=[[1,2,4,4],[3,2,1,1],[]] types=["float","float",""]'
    values = 'values=["","","","[1,1]","[0,0]","[1,1]","False","[0,0]","1"]'
    trace = literal(f"""
        op aten::convolution 0-20 {conv} {values}
        op aten::_convolution 1-19 {conv} {values}
        op aten::mm 2-9 {MM}
        op aten::mm 20-30 {MM}
        k 100-110 @5; k 110-120 @12; k 120-130 @25
    """)
    assert launched_by(trace) == [192, 192, 128]


def test_an_outer_operator_without_known_arithmetic_leaves_the_inner_one():
    trace = literal(
        f'op aten::mm 0-20 shapes=[[8,4],[9,2]] types=["float","float"]; op aten::mm 2-9 {MM}; k 100-110 @5'
    )
    assert launched_by(trace) == [128]


def test_without_shapes_nothing_is_known():
    assert launched_by(literal("op aten::mm 0-20; k 100-110 @5")) == [None]
    assert launched_by(literal("k 100-110 @5")) == [None]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.integers(1, 3), st.integers(1, 5)), max_size=6),
    st.lists(st.tuples(st.integers(0, 45), st.integers(1, 3)), min_size=1, max_size=8),
)
def test_a_brute_force_finds_the_same(drawn, launches):
    nested = []  # operators of one thread lie in one another or apart
    for start, length, thread, size in drawn:
        own = (start, start + length, thread, size)
        if all(a >= own[1] or b <= start or t != thread for a, b, t, _ in nested):
            nested.append(own)
    inner = [(a, b - 1, t, size + 10) for a, b, t, size in nested if b - a > 1]
    rows = "\n".join(
        f'op aten::mm {a}-{b} t{t} shapes=[[{size},1],[1,1]] types=["float","float"]'
        for a, b, t, size in nested + inner
    )
    work = "\n".join(f"k {100 + 10 * i}-{105 + 10 * i} @{at} t{t}" for i, (at, t) in enumerate(launches))
    expected = [
        next((2 * size for a, b, t, size in nested if a <= at < b and t == thread), None) for at, thread in launches
    ]
    assert launched_by(literal(f"{rows}\n{work}")) == expected


SPARSE = ["void_cusparse::load_balancing_kernel<float>", "csrmm_v2", "bsrmm_kernel", "cooMM", "cuSPARSE_SpMM"]


@pytest.mark.parametrize(
    ("kernel", "flops"), [*((name, None) for name in SPARSE), ("gemm", 128), ("nvjet_sm90_tst_1", 128)]
)
def test_a_call_that_launched_a_kernel_of_a_sparse_product_needs_less_than_its_shapes_say(kernel, flops):
    trace = literal(f"""
        op aten::mm 0-10 {MM}; op aten::mm 20-30 {MM}
        k 100-110 @5 name=scale; k 110-120 @6 name={kernel}; k 120-130 @25 name=gemm
    """)
    assert launched_by(trace) == [flops, flops, 128]
