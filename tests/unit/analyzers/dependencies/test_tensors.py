from __future__ import annotations

import pytest

from gpu_trace_analyzers.dependencies.tensors import (
    EVERYWHERE,
    MOST_IN_A_LIST,
    Extent,
    Opaque,
    Values,
    extents,
    may_hide_tensors,
)

FLOAT = "Tensor(float)"


def of(value, shape, stride, kind=FLOAT):
    return extents(Values([value], [shape], [kind], [stride]))[0]


@pytest.mark.parametrize(
    ("offset", "shape", "stride", "part", "dense"),
    [
        (0, [4, 8], [8, 1], (0, 128), True),
        (2, [4, 8], [8, 1], (8, 136), True),  # the offset is in elements
        (0, [8, 4], [1, 8], (0, 128), True),  # transposed
        (0, [4, 4], [8, 1], (0, 112), False),  # the left half: each row goes on outside
        (3, [4], [8], (12, 112), False),  # a column
        (0, [4, 8], [0, 1], (0, 32), True),  # expanded
        (5, [], [], (20, 24), True),  # a number
        (0, [1, 8], [999, 1], (0, 32), True),
        (0, [3, 3], [2, 2], (0, 36), False),  # nine elements in nine places, of which some are one
    ],
)
def test_a_tensor_has_the_bytes_from_its_first_to_its_last_element(offset, shape, stride, part, dense):
    elements = 1
    for count in shape:
        elements *= count
    assert of([1, 7, offset, elements, 4, "cuda:0"], shape, stride) == [Extent(7, *part, dense, "cuda:0")]


@pytest.mark.parametrize("value", [[1, 7, 0, 0, 4, "cuda:0"], [1, 7, 0, 8, 4, "meta"]])
def test_a_tensor_without_elements_or_memory_has_no_bytes(value):
    assert of(value, [0], [1]) == []


def test_a_tensor_that_is_not_there_has_no_bytes():
    assert of([1, 0, 0, 0, 0, ""], [], [], "Tensor(nullptr (uninitialized))") == []
    assert of("<None>", [], [], "None") == []


def test_a_tensor_of_which_strides_are_not_told_may_have_all():
    values = Values([[1, 7, 3, 8, 4, "cuda:0"]], [[8]], [FLOAT])
    assert extents(values) == [[Extent(7, 0, EVERYWHERE, False, "cuda:0")]]


def test_lists_and_tuples_however_deep():
    tensor, kind = [1, 7, 0, 8, 4, "cuda:0"], f"GenericList[GenericList[{FLOAT},{FLOAT}],None]"
    other = [2, 9, 0, 8, 4, "cuda:1"]
    found = of([[tensor, other], "<None>"], [[[8], [8]], []], [[[1], [1]], []], kind)
    assert found == [Extent(7, 0, 32, True, "cuda:0"), Extent(9, 0, 32, True, "cuda:1")]


def test_numbers_are_no_tensors():
    assert of([1, 7, 0, 8, 4, "cuda:0"], [[]] * 6, [[]] * 6, "GenericList[Int,Int,Int,Int,Int,String]") == []


@pytest.mark.parametrize("kind", ["Object", "GenericDict", "Capsule", "GenericList[Object]"])
def test_objects_may_hide_tensors(kind):
    assert may_hide_tensors(Values(["<x>", 1], [[], []], [kind, "Int"], [[], []]))
    assert not may_hide_tensors(Values([1, 2], [[], []], ["Int", "GenericList[Device]"], [[], []]))


@pytest.mark.parametrize(
    ("value", "shape", "kind"),
    [
        ([1, 0, 0, 0, 0, ""], [8], FLOAT),  # sparse
        ([1, 0, 0, 0, 0, ""], [], FLOAT),  # nested, or of symbolic sizes
        ([[1, 7, 0, 8, 4, "cuda:0"]] * (MOST_IN_A_LIST + 1), [[8]] * (MOST_IN_A_LIST + 1), f"GenericList[{FLOAT}]"),
    ],
)
def test_memory_that_is_not_told(value, shape, kind):
    with pytest.raises(Opaque):
        of(value, shape, [[1]] * len(shape) if isinstance(value, list) and shape != [8] else [], kind)


@pytest.mark.parametrize(
    "values",
    [
        Values([], [[8]], [FLOAT], [[1]]),  # columns of several lengths
        Values([[1, 7, 0, 8, 4]], [[8]], [FLOAT], [[1]]),  # a column less
        Values(["x"], [[8]], [FLOAT], [[1]]),
        Values([[[1, 7, 0, 8, 4, "cuda:0"]]], [[]], [f"GenericList[{FLOAT}]"], [[]]),  # a list without its shapes
    ],
)
def test_tensors_in_a_form_that_is_not_known_are_not_told(values):
    with pytest.raises(Opaque):
        extents(values)
