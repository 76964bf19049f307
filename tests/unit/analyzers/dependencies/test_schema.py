from __future__ import annotations

import pytest

from gpu_trace_analyzers.dependencies.roles import Role, roles
from gpu_trace_analyzers.dependencies.schema import schema_of

ADD_ = "aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)"
CONV = (
    "aten::convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, bool transposed, str mode='a',"
    " SymInt[2] dilation=[1, 1]) -> Tensor"
)
CHUNK = "aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]"
FOREACH = "aten::_foreach_add_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()"
TOPK = (
    "aten::topk.values(Tensor self, SymInt k, int dim=-1, *, Tensor(a!) values, Tensor(b!) indices)"
    " -> (Tensor(a!) values, Tensor(b!) indices)"
)
MM_OUT = "aten::mm.out(Tensor self, Tensor mat2, *, Tensor(a!) out) -> Tensor(a!)"
LAYER_NORM = "aten::native_layer_norm(Tensor input, SymInt[] shape, Tensor? weight) -> (Tensor, Tensor, Tensor)"


@pytest.mark.parametrize(
    ("text", "names", "written", "makes", "is_view"),
    [
        (ADD_, "self other alpha", [0], False, False),
        (CONV, "input weight bias stride transposed mode dilation", [], True, False),
        (CHUNK, "self chunks dim", [], False, True),
        (FOREACH, "self other alpha", [0], False, False),
        (TOPK, "self k dim values indices", [3, 4], False, False),
        (MM_OUT, "self mat2 out", [2], False, False),
        (LAYER_NORM, "input shape weight", [], True, False),
        ("aten::item(Tensor self) -> Scalar", "self", [], False, False),
        ("lib::make() -> Tensor", "", [], True, False),
        ("lib::fill(Tensor($0! -> ) out, float by) -> Tensor($0! -> )", "out by", [0], False, False),
    ],
)
def test_a_schema_says_what_is_written_and_made(text, names, written, makes, is_view):
    schema = schema_of(text)
    assert [argument.name for argument in schema.arguments] == names.split()
    assert [i for i, argument in enumerate(schema.arguments) if argument.written] == written
    assert (schema.makes, schema.is_view) == (makes, is_view)


@pytest.mark.parametrize("text", ["", "AddmmBackward0"])
def test_what_is_no_schema_says_nothing(text):
    assert schema_of(text) is None


@pytest.mark.parametrize(
    ("name", "schema", "expected"),
    [
        ("aten::add_", ADD_, [Role.CHANGED, Role.READ, Role.READ]),
        ("aten::mm", MM_OUT, [Role.READ, Role.READ, Role.REPLACED]),
        ("aten::topk", TOPK, [*[Role.READ] * 3, Role.REPLACED, Role.REPLACED]),
        ("lib::mm", MM_OUT.replace("aten", "lib"), [Role.READ, Role.READ, Role.CHANGED]),
        ("aten::copy_", "aten::copy_(Tensor(a!) self, Tensor src) -> Tensor(a!)", [Role.REPLACED, Role.READ]),
        ("aten::index_copy_", "aten::index_copy_(Tensor(a!) self, Tensor b) -> Tensor(a!)", [Role.CHANGED, Role.READ]),
        (
            "aten::cudnn_batch_norm",
            "aten::cudnn_batch_norm(Tensor input, Tensor? running_mean, bool training) -> (Tensor, Tensor)",
            [Role.READ, Role.CHANGED_IN_TRAINING, Role.READ],
        ),
        (
            "aten::cudnn_batch_norm_backward",
            "aten::cudnn_batch_norm_backward(Tensor input, Tensor? running_mean) -> (Tensor, Tensor)",
            [Role.READ, Role.READ],
        ),
        (
            "aten::rrelu_with_noise",
            "aten::rrelu_with_noise(Tensor self, Tensor noise, bool training=False) -> Tensor",
            [Role.READ, Role.CHANGED_IN_TRAINING, Role.READ],
        ),
        ("c10d::allreduce_", "c10d::allreduce_(Tensor[] tensors, int timeout) -> Tensor[]", [Role.CHANGED] * 2),
        ("c10d::send", "c10d::send(Tensor[] tensors, int to) -> Any", [Role.READ] * 2),
        (
            "c10d::_allgather_base_",
            "c10d::_allgather_base_(Tensor output_tensor, Tensor input_tensor) -> (Tensor, Any)",
            [Role.CHANGED, Role.READ],
        ),
    ],
)
def test_the_role_of_each_argument(name, schema, expected):
    assert list(roles(name, schema_of(schema))) == expected
