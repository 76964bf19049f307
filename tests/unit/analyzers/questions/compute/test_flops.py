"""The formulas against ``torch.utils.flop_counter`` and against sums of multiplications one by one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.questions.compute.flops import FORMULAS, Needed, needed
from gpu_trace_analyzers.questions.compute.kernels import Kind, Precision
from gpu_trace_analyzers.vocabulary.operators import MULTIPLYING

CAUSAL = {
    "aten::_scaled_dot_product_flash_attention": 4,
    "aten::_scaled_dot_product_efficient_attention": 6,
    "aten::_scaled_dot_product_cudnn_attention": 6,
    "aten::_scaled_dot_product_flash_attention_backward": 11,
    "aten::_scaled_dot_product_efficient_attention_backward": 11,
    "aten::_scaled_dot_product_cudnn_attention_backward": 14,
}


def call(name, shapes, values=(), types="float"):
    """What a call needs; ``values`` are the arguments at their places."""
    texts = [""] * max((place + 1 for place in dict(values)), default=len(shapes))
    for place, value in dict(values).items():
        texts[place] = str(value)
    return needed(name, json.dumps(shapes), json.dumps([types] * len(shapes)), json.dumps(texts))


def attention(name, query, key, value, causal=False):
    backward = name.endswith("backward")
    shapes = ([[*query[:3], value[3]]] if backward else []) + [query, key, value]
    return call(name, shapes, {CAUSAL[name]: causal}, "c10::BFloat16")


@pytest.mark.parametrize(
    ("stride", "known"), [("[1, 1]", True), ("[0, 0]", False), ("[Infinity, 1]", False), ("[NaN, 1]", False)]
)
def test_a_stride_that_no_convolution_has_leaves_it_unknown(stride, known):
    values = {3: stride, 4: [1, 1], 5: [1, 1], 6: False}
    assert (call("aten::convolution", [[1, 3, 8, 8], [4, 3, 3, 3]], values) is not None) == known


@pytest.mark.parametrize(
    ("mask", "known"), [("[True, True, True]", True), (7, False), (None, False), ("[" * 100_000, False)]
)
def test_a_mask_that_is_no_text_of_a_list_leaves_it_unknown(mask, known):
    shapes = [[1, 4, 8, 8], [1, 3, 8, 8], [4, 3, 3, 3]]
    values = json.dumps(["", "", "", "", "", "", "", "False", "", "", mask])
    found = needed("aten::convolution_backward", json.dumps(shapes), json.dumps(["float"] * 3), values)
    assert (found is not None) == known


@pytest.mark.parametrize(("inner", "known"), [(2**62 - 1, True), (2**62, False)])
def test_more_operations_than_fit_in_64_bits_are_unknown(inner, known):
    assert (call("aten::mm", [[1, inner], [inner, 1]]) is not None) == known


def test_readers_keep_the_operators_that_have_formulas():
    assert tuple(FORMULAS) == MULTIPLYING


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("aten::mm", [[3, 4], [4, 5]]),
        ("aten::addmm", [[5], [3, 4], [4, 5]]),
        ("aten::_addmm_activation", [[5], [3, 4], [4, 5]]),
        ("aten::_scaled_mm", [[3, 4], [4, 5], [], []]),
        ("aten::_int_mm", [[3, 4], [4, 5]]),
    ],
)
def test_a_product_needs_a_multiplication_and_an_addition_for_each_of_its_terms(name, shapes):
    assert call(name, shapes).flops == 2 * 3 * 4 * 5


def test_products_of_a_batch_need_as_much_each():
    assert call("aten::bmm", [[7, 3, 4], [7, 4, 5]]).flops == 7 * 120
    assert call("aten::baddbmm", [[7, 3, 5], [7, 3, 4], [7, 4, 5]]).flops == 7 * 120


@pytest.mark.parametrize(
    ("named", "precision"),
    [
        ("float", Precision.FLOAT32),
        ("c10::Half", Precision.FLOAT16),
        ("c10::Float8_e4m3fn", Precision.FLOAT8),
        ("double", Precision.FLOAT64),
        ("signed char", Precision.INT8),
    ],
)
def test_the_type_of_the_operands_is_the_precision(named, precision):
    assert call("aten::mm", [[3, 4], [4, 5]], types=named) == Needed(Kind.PRODUCT, precision, 120)


@pytest.mark.parametrize(
    ("name", "shapes", "types"),
    [
        ("aten::mm", "", '["float", "float"]'),
        ("aten::mm", "[[3, 4], [4, 5]]", ""),
        ("aten::mm", "[[3, 4], [4, 5]]", '["c10::complex<float>", "c10::complex<float>"]'),
        ("aten::mm", "[[3, 4], [9, 5]]", '["float", "float"]'),
        ("aten::mm", "[[3, 4]]", '["float", "float"]'),
        ("aten::mm", "[[[3], [4]], [4, 5]]", '["float", "float"]'),
        ("aten::mm", "[[0, 4], [4, 5]]", '["float", "float"]'),
        ("aten::mm", '[["3", "4"], ["4", "5"]]', '["float", "float"]'),
        ("aten::mm", "{}", '["float", "float"]'),
        ("aten::relu", "[[3, 4]]", '["float"]'),
        ("aten::convolution", "[[2, 8, 16, 16], [12, 8, 3, 3]]", '["float", "float"]'),
        ("aten::_scaled_dot_product_flash_attention", "[[1, 2, 8, 4], [1, 2, 8, 4], [1, 2, 8, 4]]", '["float"]'),
    ],
)
def test_nothing_is_known_of_what_is_not_recorded(name, shapes, types):
    assert needed(name, shapes, types, "") is None


def _points_one_by_one(size, kernel, stride, padding, dilation):
    """Positions of the kernel along one dimension."""
    at, count = 0, 0
    while at + dilation * (kernel - 1) < size + 2 * padding:
        at, count = at + stride, count + 1
    return count


@given(
    size=st.tuples(st.integers(5, 12), st.integers(5, 12)),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    how=st.tuples(*[st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)] * 2),
    groups=st.integers(1, 3),
    batch=st.integers(1, 3),
)
def test_a_convolution_needs_the_whole_weight_at_each_of_its_points(size, kernel, how, groups, batch):
    (stride_a, padding_a, dilation_a, stride_b, padding_b, dilation_b) = how
    a = _points_one_by_one(size[0], kernel[0], stride_a, padding_a, dilation_a)
    b = _points_one_by_one(size[1], kernel[1], stride_b, padding_b, dilation_b)
    source, weight = [batch, 2 * groups, *size], [4 * groups, 2, *kernel]
    values = {3: [stride_a, stride_b], 4: [padding_a, padding_b], 5: [dilation_a, dilation_b], 6: False, 8: groups}
    # Each of the output channels meets the channels of its group.
    one_by_one = sum(2 * kernel[0] * kernel[1] * 2 for _ in range(4 * groups)) * a * b * batch
    found = call("aten::convolution", [source, weight, []], values)
    assert found == Needed(Kind.CONVOLUTION, Precision.FLOAT32, one_by_one)
    for mask, gradients in (([True, True, True], 2), ([False, True, True], 1), ([True, False, False], 1)):
        shapes = [[batch, 4 * groups, a, b], source, weight]
        backward = call("aten::convolution_backward", shapes, {7: False, 10: mask})
        assert backward.flops == gradients * one_by_one
    assert call("aten::convolution_backward", shapes, {7: False, 10: [False, False, True]}) is None


def test_a_transposed_convolution_needs_the_whole_weight_at_each_point_of_its_input():
    source, weight = [2, 12, 8, 8], [12, 4, 3, 3]
    flops = 2 * 2 * 8 * 8 * 12 * 4 * 9
    assert call("aten::convolution", [source, weight, [4]], {3: [2, 2], 6: True}).flops == flops
    backward = call("aten::convolution_backward", [[2, 4, 17, 17], source, weight], {7: True, 10: [True, True, True]})
    assert backward.flops == 2 * flops


@given(
    queries=st.integers(1, 9),
    keys=st.integers(1, 9),
    depth=st.integers(1, 4),
    of_value=st.integers(1, 4),
    name=st.sampled_from([name for name in CAUSAL if not name.endswith("backward")]),
    causal=st.booleans(),
)
def test_attention_counts_the_pairs_that_the_mask_leaves(queries, keys, depth, of_value, name, causal):
    pairs = sum(1 for query in range(queries) for key in range(keys) if key <= query or not causal)
    shapes = [3, 2, queries, depth], [3, 2, keys, depth], [3, 2, keys, of_value]
    found = attention(name, *shapes, causal)
    assert found == Needed(Kind.ATTENTION, Precision.BFLOAT16, 2 * 3 * 2 * pairs * (depth + of_value))
    # Backward: the scores once more, then the gradients of value, probabilities, query and key.
    backward = attention(f"{name}_backward", *shapes, causal)
    assert backward.flops == 2 * 3 * 2 * pairs * (depth + of_value + of_value + depth + depth)


@pytest.mark.slow
def test_the_formulas_are_those_of_torch(torch):
    from torch.utils.flop_counter import conv_flop_count, flop_registry

    aten, shape = torch.ops.aten, [2, 4, 16, 8]
    assert call("aten::mm", [[3, 4], [4, 5]]).flops == flop_registry[aten.mm]([3, 4], [4, 5])
    batch = [7, 3, 5], [7, 3, 4], [7, 4, 5]
    assert call("aten::baddbmm", list(batch)).flops == flop_registry[aten.baddbmm](*batch)
    source, weight, target = [2, 8, 16, 16], [12, 8, 3, 3], [2, 12, 8, 8]
    found = call("aten::convolution", [source, weight, []], {3: [2, 2], 4: [1, 1], 5: [1, 1], 6: False})
    assert found.flops == conv_flop_count(source, weight, target)
    found = call("aten::convolution", [target, weight, []], {3: [2, 2], 6: True})
    assert found.flops == conv_flop_count(target, weight, source, transposed=True)
    for name in (name for name in CAUSAL if not name.endswith("backward")):
        formula, backward = (flop_registry[getattr(aten, each[6:])] for each in (name, f"{name}_backward"))
        assert attention(name, shape, shape, shape).flops == formula(shape, shape, shape)
        assert attention(f"{name}_backward", shape, shape, shape).flops == backward(shape, shape, shape, shape)


@pytest.mark.slow
def test_the_places_of_the_arguments_are_those_of_torch(torch):
    for name, place in CAUSAL.items():
        schema = getattr(torch.ops.aten, name.removeprefix("aten::")).default._schema
        assert schema.arguments[place].name == "is_causal"
        assert [schema.arguments[at].name for at in range(3 + name.endswith("backward"))][-3:] == [
            "query",
            "key",
            "value",
        ]
    for name, places in {"convolution": range(3, 7), "convolution_backward": (7, 10)}.items():
        arguments = getattr(torch.ops.aten, name).default._schema.arguments
        named = [arguments[place].name for place in places]
        assert named in (["stride", "padding", "dilation", "transposed"], ["transposed", "output_mask"])
